// Who the forge knows, and what they may do in the repository.

/** GitHub's roles; other forges have the like of them. */
export type Right = 'admin' | 'maintain' | 'write' | 'triage' | 'read' | 'none';

interface Person {
  readonly id: number;
  readonly login: string;
  readonly right: Right;
}

export interface People {
  /** Makes a person known, or changes what a known one may do. */
  allow(login: string, right: Right): void;
  /** By login, in any case. */
  find(login: string): Person | undefined;
  byId(id: number): Person | undefined;
  /** Who is not known yet gets to be, without rights. */
  meet(login: string): Person;
}

export function openPeople(): People {
  const known = new Map<string, Person>();
  const find = (login: string) => known.get(login.toLowerCase());
  function allow(login: string, right: Right): Person {
    const person = { id: find(login)?.id ?? known.size + 1, login, right };
    known.set(login.toLowerCase(), person);
    return person;
  }
  return {
    allow: (login, right) => void allow(login, right),
    find,
    byId: (id) => [...known.values()].find((person) => person.id === id),
    meet: (login) => find(login) ?? allow(login, 'none'),
  };
}
