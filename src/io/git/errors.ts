// What can go wrong with a repository, said so that the reader knows what to do.

import { certificateSentence } from '../authorities.ts';
import { NoGit } from './upload-pack.ts';

/** A commit or blob that the repository does not have. */
export class NotFound extends Error {
  override readonly name = 'NotFound';
}

/** What lies on the disk is not what was written there. */
export class Damage extends Error {
  override readonly name = 'Damage';
}

/** The server would send more than Phoenix takes in, or a file that is larger than it can hold. Asking again brings the same. */
export class TooLarge extends Error {
  override readonly name = 'TooLarge';
}

/** The server answered with something else than 200. */
export class HttpStatus extends Error {
  override readonly name = 'HttpStatus';
  readonly status: number;

  constructor(status: number) {
    super(`HTTP ${status}`);
    this.status = status;
  }
}

/** Of an object that the repository does not hold, in the library's words. */
export function missing(id: string): Error {
  return Object.assign(new Error(`there is no object ${id}`), { code: 'NotFoundError', data: { what: id } });
}

interface LibraryError {
  readonly code?: string;
  readonly data?: { readonly what?: string; readonly oid?: string };
}

/** Of a server that does not have what its own commits name. */
export const INCOMPLETE =
  'is the repository there a shallow or partial clone, or damaged (git fsck)? Let Phoenix follow one that is whole';

/** Whether the library says that an object or ref is not there; with `what`, that it is this one, or something else than asked for. */
export function isMissing(error: unknown, what?: string): boolean {
  const { code, data } = error as LibraryError;
  if (what === undefined) return code === 'NotFoundError';
  return (code === 'NotFoundError' && data?.what === what) || (code === 'ObjectTypeError' && data?.oid === what);
}

const DAMAGE = new Set([
  'InternalError',
  'NotFoundError',
  'ObjectTypeError',
  'ParseError',
  'InvalidOidError',
  'ENOENT',
]);

/** Whether reading failed because of what lies on the disk, and not because of the disk, memory or network. */
export function isDamage(error: unknown): boolean {
  if (error instanceof Damage || error instanceof RangeError || error instanceof TypeError) return true;
  const code = (error as LibraryError).code ?? '';
  return DAMAGE.has(code) || code.startsWith('Z_');
}

/** The same error as a sentence with the remedy; `url` without credentials. */
export function explain(error: unknown, url: string, hasToken: boolean): Error {
  return new Error(`${url}: ${sentence(error, hasToken)}`, { cause: error });
}

function sentence(error: unknown, hasToken: boolean): string {
  if (error instanceof TooLarge) return error.message;
  if (error instanceof NoGit) return 'no Git repository answers there: check PHOENIX_REPO_URL';
  if (error instanceof Damage) return `what the server sent cannot be used: ${error.message}`;
  if (error instanceof HttpStatus) return refusal(error.status, hasToken);
  const certificate = certificateSentence(error);
  if (certificate !== null) return certificate;
  const reason = rootCause(error);
  if (reason.code === '') return reason.message;
  if (DISK.test(reason.code)) return `the clone cannot be written (${reason.message}): see to PHOENIX_DATA_DIR`;
  return `cannot be reached (${reason.code}: ${reason.message}): check PHOENIX_REPO_URL and the network`;
}

const DISK = /^(ENOSPC|EDQUOT|EACCES|EPERM|EROFS|EIO|EMFILE|ENFILE)$/;

function refusal(status: number, hasToken: boolean): string {
  if (status === 401 || status === 403) {
    return hasToken
      ? `the token was refused (HTTP ${status}): PHOENIX_FORGE_TOKEN needs the right to read the repository`
      : `a login is asked for (HTTP ${status}): set PHOENIX_FORGE_TOKEN`;
  }
  if (status === 404) {
    return 'no repository there, or the token may not see it (HTTP 404): check PHOENIX_REPO_URL and PHOENIX_FORGE_TOKEN';
  }
  return `the server answered HTTP ${status}; this is tried again`;
}

/** Node's fetch says "fetch failed" and keeps the reason as the cause. */
function rootCause(error: unknown): { readonly code: string; readonly message: string } {
  let reason = error;
  while (reason instanceof Error && reason.cause !== undefined) reason = reason.cause;
  if (reason instanceof AggregateError && reason.errors.length > 0) reason = reason.errors[0];
  const { code } = reason as LibraryError;
  return {
    code: typeof code === 'string' ? code : '',
    message: reason instanceof Error ? reason.message : String(reason),
  };
}
