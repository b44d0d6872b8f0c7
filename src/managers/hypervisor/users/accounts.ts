// Accounts of the host in /etc/passwd. Phoenix marks its own in their comment field, so that ownership is recorded on the host itself.

export const COMMENT = 'Kept by Phoenix';

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly ours: boolean;
}

/** Debian gives people ids from here on; those below belong to the system. */
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
