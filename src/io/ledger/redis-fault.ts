// Explains failures of Redis and what to do: a wrong password, a missing right and an unreachable server need different remedies.

import { certificateFault } from '../authorities.ts';

/** What is wrong, and what to do. */
export interface RedisFault {
  readonly what: string;
  readonly remedy: string;
}

/** Message for a missing response. */
export const SILENCE = 'Redis does not answer';

const NO_TLS = 'write redis:// in REDIS_URL where Redis serves no TLS; else see to the network';
const RIGHTS = 'give the user the rights that docs/agent.md lists under "Redis"';

/** Matched against the start of Redis's error, or the code of a failed connection. */
const FAULTS: ReadonlyArray<readonly [sign: RegExp, what: string, remedy: string]> = [
  [
    /^WRONGPASS|invalid username-password|invalid password/i,
    'Redis refuses the login',
    'correct user and password in REDIS_URL',
  ],
  [
    /^NOAUTH|Authentication required/i,
    'Redis asks for a login, and REDIS_URL has none',
    'write it as redis://USER:PASSWORD@HOST, or redis://:PASSWORD@HOST',
  ],
  [
    /ERR AUTH .*without any password configured/i,
    'Redis has no password set, and REDIS_URL gives one',
    'take it out of REDIS_URL, or set one there',
  ],
  [/^NOPERM.*(key|keys)\b/i, 'the user of REDIS_URL may not use the keys of Phoenix', RIGHTS],
  [/^NOPERM.*channel/i, 'the user of REDIS_URL may not use the channel of Phoenix', RIGHTS],
  [/^NOPERM/i, 'the user of REDIS_URL lacks a right', RIGHTS],
  [/user executing the script can't access .*keys/i, 'the user of REDIS_URL may not use the keys of Phoenix', RIGHTS],
  [/user executing the script can't publish/i, 'the user of REDIS_URL may not use the channel of Phoenix', RIGHTS],
  [/user executing the script can't run/i, 'the user of REDIS_URL lacks a right', RIGHTS],
  [/^OOM/i, 'Redis is full and accepts no more data', 'raise its maxmemory, or take out what others keep in it'],
  [/^READONLY/i, 'Redis is a read-only replica', 'let REDIS_URL name the primary, or its Sentinels'],
  [/^MISCONF/i, 'Redis cannot write to its disk, and takes nothing', 'see to its disk and its log'],
  [/^NOREPLICAS/i, 'Redis has too few replicas to take anything', 'see to its replicas, or its min-replicas-to-write'],
  [/^LOADING/i, 'Redis is loading its data', 'wait until it has'],
  [/max number of clients/i, 'Redis has as many clients as it takes', 'raise its maxclients'],
  [/ECONNREFUSED \//, 'nothing listens there', 'start Redis, or correct the path in REDIS_URL'],
  [/ECONNREFUSED/, 'nothing listens there', 'start Redis, or correct host and port in REDIS_URL'],
  [/ENOENT/, 'there is no such socket', 'start Redis, or correct the path in REDIS_URL'],
  [/EACCES/, 'the socket may not be opened', 'let the user of Phoenix open it'],
  [/ENOTFOUND|EAI_AGAIN/, 'its name is not known', 'correct the host in REDIS_URL, or see to DNS'],
  [
    /ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/,
    'it cannot be reached',
    'see to the network and the firewall, or correct REDIS_URL',
  ],
  [/wrong version number|packet length too long|ERR_SSL|EPROTO|SSL routines/i, 'it does not speak TLS', NO_TLS],
  [
    /ECONNRESET|Connection is closed|socket hang up|Protocol error|EPIPE/i,
    'it ends every connection',
    'where it serves TLS, write rediss:// in REDIS_URL; else see to its log',
  ],
];

/**
 * The most informative error of a chain of causes. @param url the URL that was connected to, where known
 */
export function redisFault(error: unknown, url = ''): RedisFault {
  const certificate = certificateFault(error);
  if (certificate !== null) return { what: certificate.what, remedy: certificate.remedy };
  const said = wordsOf(error);
  // A server without TLS waits for the rest of what it takes for a command.
  const silent = said.find((each) => /ETIMEDOUT/.test(each) || each === SILENCE);
  if (silent !== undefined && /^rediss/.test(url)) {
    return { what: `it does not answer over TLS (${silent})`, remedy: NO_TLS };
  }
  for (const [sign, what, remedy] of FAULTS) {
    const found = said.find((each) => sign.test(each));
    if (found !== undefined) return { what: `${what} (${found})`, remedy };
  }
  return { what: said[0] ?? 'it does not answer', remedy: 'start it, or correct REDIS_URL' };
}

/** Whether waiting may help, as for a server that is starting, unlike one that refuses. */
export function mayPass(error: unknown): boolean {
  if (certificateFault(error) !== null) return false;
  const no = /^(WRONGPASS|NOAUTH|NOPERM)|user executing the script|Authentication required|ERR AUTH|SSL|EPROTO/i;
  return !wordsOf(error).some((each) => no.test(each));
}

/** Whether there was no response and no other error. */
export function isSilence(error: unknown): boolean {
  return wordsOf(error).every((each) => each === SILENCE);
}

function wordsOf(error: unknown): readonly string[] {
  const words: string[] = [];
  for (let each = error; each instanceof Error; each = each.cause) {
    // All of the server's addresses failed.
    if (each instanceof AggregateError) words.push(...each.errors.flatMap(wordsOf));
    const { code } = each as { readonly code?: unknown };
    if (each.message !== '') words.push(each.message);
    if (typeof code === 'string') words.push(code);
  }
  return words;
}
