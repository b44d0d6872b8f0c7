// Accounts of the host as /etc/passwd has them. Those that Phoenix made say so in their comment, so that the host itself knows.

export const COMMENT = 'Kept by Phoenix';

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly ours: boolean;
}

/** Debian numbers those of people from here on; those below belong to the system. */
const FIRST_OF_PEOPLE = 1000;
const NOBODY = 65534;

export function readAccounts(text: string): Account[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', , uid = '', gid = '', comment = '', home = ''] = line.split(':');
    if (home === '') return [];
    return [{ name, uid: Number(uid), gid: Number(gid), home, ours: comment.split(',')[0] === COMMENT }];
  });
}

export function isOfSystem({ uid }: Account): boolean {
  return uid < FIRST_OF_PEOPLE || uid >= NOBODY;
}

export function keysFile({ home }: Pick<Account, 'home'>): string {
  return `${home}/.ssh/authorized_keys`;
}
