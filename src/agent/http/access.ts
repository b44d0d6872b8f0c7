// Authentication and authorisation. Reading needs the admin token, a session, or a connection from the machine itself; changing needs the token each
// time, which no foreign page can send, or a session together with a token that only its own pages contain.

import type { IncomingMessage } from 'node:http';
import type { Secret } from '../../model/secret.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ForgeSignIn } from '../../ports/forge-sign-in.ts';
import type { People } from '../../ports/people.ts';
import { clientAddress, clientKeyOf, isLoopback, isRelayed, trustedProxies } from './address.ts';
import { countFailures } from './failures.ts';
import { type HostRules, hostName, isLoopbackName, isOurs } from './host.ts';
import { openSessions, type Person, SESSION_SECONDS, type SessionDeps, type Sessions } from './sessions.ts';
import { sameSecret } from './timing-safe-equal.ts';

const WRONG_TOKENS_PER_MINUTE = 60;
const COOKIE = 'phoenix_session';

/** Access rules from the settings. */
export interface AccessRules extends Omit<HostRules, 'listen'> {
  readonly trustedProxies: readonly string[];
  /** `open`: everybody may read, since a proxy in front has authenticated them. */
  readonly pages: 'signed-in' | 'open';
}

/** Where nothing else is configured: reachable from its own machine alone. */
export const STRICTEST: AccessRules = { publicUrl: null, allowedHosts: [], trustedProxies: [], pages: 'signed-in' };

/** By what a reader is authorised. */
type Reader = 'token' | 'session' | 'local' | 'everybody';

export interface Access {
  /** Null if not configured: then nothing can be changed over HTTP, nor read from other machines. */
  readonly adminToken: Secret | null;
  /** The client that the request counts for in limits: its address, or the /64 network of an IPv6 address. */
  clientKey(request: IncomingMessage): string;
  /** Whether the request's host name is one of this agent's. */
  isKnownHost(request: IncomingMessage): boolean;
  /** Whether the request has the admin token. */
  token(request: IncomingMessage): 'right' | 'wrong' | 'none';
  /** Sign-in by the forge, beside the admin token; null where the settings name no OAuth application. */
  readonly forge: ForgeSignIn | null;
  /** The URL that people use; null where it is not configured. */
  readonly publicUrl: string | null;
  /** Looks up the session of the request, once; until then it has none. Fails where Redis is unreachable. */
  recognise(request: IncomingMessage): Promise<void>;
  /** The person who signed in; null for none. */
  person(request: IncomingMessage): Person | null;
  /** Null for a client that has to sign in first. */
  reader(request: IncomingMessage): Reader | null;
  /** Records a wrong token. True when the client has sent too many. */
  failed(request: IncomingMessage): boolean;
  /** Cookie that begins a session; ends a previous session of the browser. */
  signIn(request: IncomingMessage, who: Parameters<Sessions['begin']>[0]): Promise<string>;
  /** Cookie that ends the session. */
  signOut(request: IncomingMessage): Promise<string>;
  /** Whether the cookie may be marked as secure. */
  isSecure(request: IncomingMessage): boolean;
}

export interface AccessDeps {
  readonly adminToken: Secret | null;
  readonly rules: AccessRules;
  /** The address that the agent listens on. */
  readonly listen: string;
  /** Null where there are no pages, so that nobody signs in. */
  readonly people: (SessionDeps['store'] & Partial<People>) | null;
  readonly forge: ForgeSignIn | null;
  readonly clock: Clock;
}

export function openAccess({ adminToken, rules, listen, people, forge, clock }: AccessDeps): Access {
  const proxies = trustedProxies(rules.trustedProxies);
  const failures = countFailures(WRONG_TOKENS_PER_MINUTE);
  const sessions =
    people === null ? null : openSessions({ store: people, adminToken, forge, now: () => clock.now().getTime() });
  const recognised = new WeakMap<IncomingMessage, Person>();
  const clientKey = (request: IncomingMessage) =>
    clientKeyOf(clientAddress(request.socket.remoteAddress, request.headers, proxies));
  const cookie = (request: IncomingMessage, value: string, seconds: number) => {
    // Without a path the cookie belongs to the folder of the sign-in page, which is the root of the pages, also below a proxy's path.
    const marks = [
      'HttpOnly',
      'SameSite=Strict',
      `Max-Age=${seconds}`,
      ...(isSecure(request, rules) ? ['Secure'] : []),
    ];
    return `${COOKIE}=${value}; ${marks.join('; ')}`;
  };
  const token = ({ headers }: IncomingMessage) => {
    const [, given] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
    if (given === undefined) return 'none';
    return adminToken !== null && sameSecret(given, adminToken) ? 'right' : 'wrong';
  };
  const end = async (request: IncomingMessage) => {
    for (const id of sessionsOf(request)) await sessions?.end(id);
  };
  return {
    adminToken,
    forge,
    publicUrl: rules.publicUrl,
    clientKey,
    token,
    isSecure: (request) => isSecure(request, rules),
    async recognise(request) {
      for (const id of sessionsOf(request)) {
        const person = (await sessions?.find(id)) ?? null;
        if (person !== null) return void recognised.set(request, person);
      }
    },
    person: (request) => recognised.get(request) ?? null,
    isKnownHost({ headers, socket }) {
      const name = hostName(headers.host);
      return name !== null && isOurs(name, { ...rules, listen }, socket.localAddress);
    },
    reader(request) {
      if (token(request) === 'right') return 'token';
      if (recognised.has(request)) return 'session';
      if (isLocal(request)) return 'local';
      return rules.pages === 'open' ? 'everybody' : null;
    },
    failed: (request) => failures.note(clientKey(request)),
    async signIn(request, who) {
      if (sessions === null) throw new Error('nobody signs in to a process that shows nothing');
      await end(request);
      return cookie(request, await sessions.begin(who), SESSION_SECONDS);
    },
    async signOut(request) {
      await end(request);
      return cookie(request, '', 0);
    },
  };
}

/**
 * From this machine without a proxy in between. A proxy on the same machine has a local address too, so a relayed request is recognised by the headers that it
 * adds, by its host name, or by HTTP/1.0, which nginx uses for its backends.
 */
function isLocal({ headers, socket, httpVersion }: IncomingMessage): boolean {
  const name = hostName(headers.host);
  return (
    isLoopback(socket.remoteAddress) &&
    !isRelayed(headers) &&
    name !== null &&
    isLoopbackName(name) &&
    httpVersion !== '1.0'
  );
}

/** Whether the browser uses TLS, to this server or a proxy in front, so that the cookie may be marked as secure. */
function isSecure({ headers }: IncomingMessage, { publicUrl }: AccessRules): boolean {
  const said = headers['x-forwarded-proto'];
  if (said !== undefined) return /^https\b/i.test(String(said));
  const ours = publicUrl === null ? null : URL.parse(publicUrl);
  if (ours?.protocol !== 'https:') return false;
  return isRelayed(headers) || hostName(ours.host) === hostName(headers.host);
}

function sessionsOf({ headers }: IncomingMessage): readonly string[] {
  const pairs = (headers.cookie ?? '').split(';').map((each) => each.trim());
  const ids = pairs.filter((each) => each.startsWith(`${COOKIE}=`)).map((each) => each.slice(COOKIE.length + 1));
  // A browser has one; of a client that sends many, no more are looked up.
  return ids.filter((id) => /^[\w-]{43}$/.test(id)).slice(0, 2);
}
