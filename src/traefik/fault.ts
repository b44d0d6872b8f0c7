// Faults of a dynamic configuration that Traefik does not accept.

/** Why a text is invalid, as continuation of its name, and what to write instead. */
export interface Unreadable {
  readonly message: string;
  readonly hint?: string;
}

export function isUnreadable(value: object): value is Unreadable {
  return 'message' in value;
}

export interface Fault extends Unreadable {
  /** Path of fields and list indexes relative to the element. */
  readonly path: readonly string[];
  /** Whether Traefik disables the element; else it is active but ineffective. */
  readonly disables: boolean;
}

/** A fault for which Traefik disables the element. */
export function disabled(path: readonly string[], { message, hint }: Unreadable): Fault {
  return { path, message, ...(hint === undefined ? {} : { hint }), disables: true };
}

/** A fault that Traefik does not report: the element can never work. */
export function useless(path: readonly string[], { message, hint }: Unreadable): Fault {
  return { path, message, ...(hint === undefined ? {} : { hint }), disables: false };
}
