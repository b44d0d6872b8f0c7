// What is said of a part of a dynamic configuration that Traefik does not take.

/** Why a text is none of its kind, in words that go on after its name, and what to write instead. */
export interface Unreadable {
  readonly message: string;
  readonly hint?: string;
}

export function isUnreadable(value: object): value is Unreadable {
  return 'message' in value;
}

export interface Fault extends Unreadable {
  /** Fields and places in lists, from below the name of the element. */
  readonly path: readonly string[];
  /** Traefik takes the element out of use; else it is in use and can never do what it is there for. */
  readonly disables: boolean;
}

/** A fault for which Traefik takes the element out of use. */
export function disabled(path: readonly string[], { message, hint }: Unreadable): Fault {
  return { path, message, ...(hint === undefined ? {} : { hint }), disables: true };
}

/** A fault that Traefik says nothing of: it can never do what it is there for. */
export function useless(path: readonly string[], { message, hint }: Unreadable): Fault {
  return { path, message, ...(hint === undefined ? {} : { hint }), disables: false };
}
