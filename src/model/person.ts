// Roles of persons who use the pages or the API, and what they permit.

/** `reader` only reads, `operator` acts on declared targets, `admin` also does what the next commit cannot revert. */
export type PersonRole = 'reader' | 'operator' | 'admin';

const ORDER: readonly PersonRole[] = ['reader', 'operator', 'admin'];

/** Whether `role` includes `needed`. */
export function mayAs(role: PersonRole, needed: PersonRole): boolean {
  return ORDER.indexOf(role) >= ORDER.indexOf(needed);
}
