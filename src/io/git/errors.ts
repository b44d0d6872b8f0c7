// Errors of a repository, with messages that say what to do.

import { certificateSentence } from '../authorities.ts';

/** A commit or blob that the repository does not have. */
export class NotFound extends Error {
  override readonly name = 'NotFound';
}

/** Data on the disk is corrupt. */
export class Damage extends Error {
  override readonly name = 'Damage';
}

/** The server would send more than Phoenix accepts, or a file that is too large. A retry gives the same. */
export class TooLarge extends Error {
  override readonly name = 'TooLarge';
}

/** The server does not speak Git's protocol. */
export class NoGit extends Error {
  override readonly name = 'NoGit';
}

/** The server refuses the request; its message is included. */
export class NotGiven extends Error {
  override readonly name = 'NotGiven';
}

/** The network or the server failed: the local clone is not at fault, whatever kind of error it was. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';

  constructor(cause: unknown) {
    super('the server cannot be reached', { cause });
  }
}

/** An error like the library's for an object that does not exist. */
export function missing(id: string): Error {
  return Object.assign(new Error(`there is no object ${id}`), { code: 'NotFoundError', data: { what: id } });
}

/** An error like the library's for an object of another type. */
export function otherType(id: string, type: string): Error {
  return Object.assign(new Error(`the object ${id} is a ${type}`), { code: 'ObjectTypeError', data: { oid: id } });
}

interface LibraryError {
  readonly code?: string;
  readonly data?: { readonly statusCode?: number; readonly what?: string; readonly oid?: string };
}

/** Message for a server that lacks objects that its own commits refer to. */
export const INCOMPLETE =
  'is the repository there a shallow or partial clone, or damaged (git fsck)? Let Phoenix follow one that is whole';

/** Whether the library reports a missing object or ref; with `what`, that it is this one, or has another type. */
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
  'DecompressionError',
  'ENOENT',
]);

/** Whether reading failed because of corrupt data, and not because of the disk, memory or network. */
export function isDamage(error: unknown): boolean {
  if (error instanceof Damage || error instanceof RangeError || error instanceof TypeError) return true;
  const code = (error as LibraryError).code ?? '';
  return DAMAGE.has(code) || code.startsWith('Z_');
}

/** The error as a sentence with the remedy; `url` without credentials. */
export function explain(error: unknown, url: string, hasToken: boolean): Error {
  return new Error(`${url}: ${sentence(error, hasToken)}`, { cause: error });
}

function sentence(error: unknown, hasToken: boolean): string {
  const { code, data } = error as LibraryError;
  if (error instanceof TooLarge) return error.message;
  if (error instanceof NoGit || NO_GIT.has(code ?? '')) {
    return 'no Git repository answers there; check PHOENIX_REPO_URL';
  }
  if (code === 'HttpError') return refusal(data?.statusCode ?? 0, hasToken);
  const certificate = certificateSentence(error);
  if (certificate !== null) return certificate;
  const reason = rootCause(error);
  // https://fetch.spec.whatwg.org/#port-blocking: not even tried.
  if (reason.message === 'bad port')
    return 'this port is one that browsers and Phoenix never connect to; serve the repository at another one';
  if (reason.code === '') return reason.message;
  if (DISK.test(reason.code)) return `the clone cannot be written (${reason.message}); see to PHOENIX_DATA_DIR`;
  return `cannot be reached (${reason.code}: ${reason.message}); check PHOENIX_REPO_URL and the network`;
}

/** The library's error codes for a response that it does not understand. */
const NO_GIT = new Set(['SmartHttpError', 'EmptyServerResponseError', 'ParseError']);

const DISK = /^(ENOSPC|EDQUOT|EACCES|EPERM|EROFS|EIO|EMFILE|ENFILE)$/;

function refusal(status: number, hasToken: boolean): string {
  if (status === 401 || status === 403) {
    return hasToken
      ? `the token was refused (HTTP ${status}); PHOENIX_FORGE_TOKEN needs the right to read the repository`
      : `a login is asked for (HTTP ${status}); set PHOENIX_FORGE_TOKEN`;
  }
  if (status === 404) {
    return 'no repository there, or the token may not see it (HTTP 404); check PHOENIX_REPO_URL and PHOENIX_FORGE_TOKEN';
  }
  return `the server answered HTTP ${status}; this is tried again`;
}

/** Node's fetch only reports "fetch failed" and has the reason as its cause. */
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
