// Who asks for something on a page or over HTTP, and what such a person may ask for.

/** `reader` looks, `operator` acts on what is declared, `admin` does what cannot be taken back by the next commit too. */
export type PersonRole = 'reader' | 'operator' | 'admin';

const ORDER: readonly PersonRole[] = ['reader', 'operator', 'admin'];

/** Whether whoever has the role may do what takes the other. */
export function mayAs(role: PersonRole, needed: PersonRole): boolean {
  return ORDER.indexOf(role) >= ORDER.indexOf(needed);
}
