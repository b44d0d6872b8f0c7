// Faults of a dynamic configuration: what Traefik does not accept, and what it accepts although it can never work.

/** What is wrong with a text, as continuation of its name, and what to write instead. */
export interface Objection {
  readonly message: string;
  readonly hint?: string;
}

export function isObjection(value: object): value is Objection {
  return 'message' in value;
}

export interface Fault extends Objection {
  /** Path of fields and list indexes relative to the element. */
  readonly path: readonly string[];
  /** Whether Traefik disables the element; else it is active but ineffective. */
  readonly disables: boolean;
}

/** A fault for which Traefik disables the element. */
export function disabled(path: readonly string[], { message, hint }: Objection): Fault {
  return { path, message, ...(hint === undefined ? {} : { hint }), disables: true };
}

/** A fault that Traefik does not report: the element can never work. */
export function useless(path: readonly string[], { message, hint }: Objection): Fault {
  return { path, message, ...(hint === undefined ? {} : { hint }), disables: false };
}
