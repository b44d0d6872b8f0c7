// Who the forge knows, and what they may do in the repository.

/** GitHub's roles; other forges have the like of them. */
export type Right = 'admin' | 'maintain' | 'write' | 'triage' | 'read' | 'none';

interface Person {
  readonly id: number;
  readonly login: string;
  readonly right: Right;
  /** What gives the right: being named in the repository, or a team of the organisation that it belongs to. */
  readonly through: 'repository' | 'team';
}

export interface People {
  /** Makes a person known, or changes what a known one may do. @param through the repository when absent */
  allow(login: string, right: Right, through?: Person['through']): void;
  /** By login, in any case. */
  find(login: string): Person | undefined;
  /** Logins of all, in the order in which they came. */
  all(): readonly string[];
  byId(id: number): Person | undefined;
  /** Who is not known yet gets to be, with the rights of everybody. */
  meet(login: string): Person;
}

/** @param everybody what whoever is not known yet may do */
export function openPeople(everybody: Right): People {
  const known = new Map<string, Person>();
  const find = (login: string) => known.get(login.toLowerCase());
  function allow(login: string, right: Right, through: Person['through'] = 'repository'): Person {
    const person = { id: find(login)?.id ?? known.size + 1, login, right, through };
    known.set(login.toLowerCase(), person);
    return person;
  }
  return {
    allow: (login, right, through) => void allow(login, right, through),
    find,
    all: () => [...known.values()].map(({ login }) => login),
    byId: (id) => [...known.values()].find((person) => person.id === id),
    meet: (login) => find(login) ?? allow(login, everybody),
  };
}
