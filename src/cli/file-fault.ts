// Explains a file that a command was given and cannot use, in place of the system's code.

import { EXIT } from './io.ts';

export interface FileFault {
  readonly message: string;
  readonly hint: string;
  readonly exit: number;
}

const ROWS: Readonly<Record<string, Omit<FileFault, 'message'> & { readonly what: string }>> = {
  ENOENT: {
    what: 'is not there',
    hint: 'see to the path, and to the folder that the command is called in',
    exit: EXIT.usage,
  },
  EISDIR: { what: 'is a folder, where a file is needed', hint: 'name the file', exit: EXIT.usage },
  ENOTDIR: { what: 'leads through something that is no folder', hint: 'see to the path', exit: EXIT.usage },
  ELOOP: { what: 'leads through a link that leads back to itself', hint: 'see to the path', exit: EXIT.usage },
  EACCES: {
    what: 'may not be used by this user',
    hint: 'call the command as a user who may, such as root',
    exit: EXIT.missing,
  },
  EPERM: {
    what: 'may not be used by this user',
    hint: 'call the command as a user who may, such as root',
    exit: EXIT.missing,
  },
  EROFS: { what: 'cannot be written: its file system is read-only', hint: 'name another place', exit: EXIT.missing },
  ENOSPC: {
    what: 'cannot be written: the disk is full',
    hint: 'make room there, and call the command again',
    exit: EXIT.missing,
  },
};

/** Null for any other error. Pure. */
export function fileFault(error: unknown): FileFault | null {
  if (!(error instanceof Error)) return null;
  const { code = '', path } = error as NodeJS.ErrnoException;
  const row = ROWS[code];
  // Node does not say which folder was read as a file.
  const subject = path ?? (code === 'EISDIR' ? 'what was named' : undefined);
  if (row === undefined || subject === undefined) return null;
  return { message: `${subject} ${row.what}`, hint: row.hint, exit: row.exit };
}
