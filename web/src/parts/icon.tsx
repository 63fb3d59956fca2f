// Icons of the sprite in index.html, and buttons that show one.

export const Icon = ({ name, classes = "icon" }: { name: string; classes?: string }) => (
  <svg class={classes} aria-hidden="true">
    <use href={`#icon-${name}`} />
  </svg>
);

interface IconButtonProps {
  label: string;
  icon: string;
  onClick: (event: MouseEvent & { currentTarget: HTMLButtonElement }) => void;
  classes?: string;
  pressed?: boolean;
  disabled?: boolean;
  id?: string;
}

export const IconButton = ({
  label,
  icon,
  onClick,
  classes = "icon-button",
  pressed,
  disabled,
  id,
}: IconButtonProps) => (
  <button
    type="button"
    id={id}
    class={classes}
    aria-label={label}
    title={label}
    aria-pressed={pressed}
    disabled={disabled}
    onClick={onClick}
  >
    <Icon name={icon} />
  </button>
);
