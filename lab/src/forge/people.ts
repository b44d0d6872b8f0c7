// The users of the forge and their rights in the repository.

/** GitHub's roles; other forges have similar ones. */
export type Right = 'admin' | 'maintain' | 'write' | 'triage' | 'read' | 'none';

interface Person {
  readonly id: number;
  readonly login: string;
  readonly right: Right;
  /** The source of the right: the user is a collaborator of the repository, or member of a team of its organisation. */
  readonly through: 'repository' | 'team';
}

export interface People {
  /** Adds a user or changes the user's right. @param through default: the repository */
  allow(login: string, right: Right, through?: Person['through']): void;
  /** Looks up a login, case-insensitively. */
  find(login: string): Person | undefined;
  /** All logins, in the order in which they were added. */
  all(): readonly string[];
  byId(id: number): Person | undefined;
  /** Looks up a login; adds an unknown one with the default right. */
  findOrAdd(login: string): Person;
}

/** @param everybody the default right */
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
    findOrAdd: (login) => find(login) ?? allow(login, everybody),
  };
}
