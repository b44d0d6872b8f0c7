// Who is asking, and what they may see. Reading takes the admin token, a session, or sitting at the machine itself; changing takes the
// token each time, which no page of a stranger can send, or a session together with what only its own pages carry.

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

/** What the settings say of who may come in. */
export interface AccessRules extends Omit<HostRules, 'listen'> {
  readonly trustedProxies: readonly string[];
  /** Whether everybody may read, since something in front has signed them in. */
  readonly pages: 'signed-in' | 'open';
}

/** For a process that is told nothing else: seen from its own machine alone. */
export const STRICTEST: AccessRules = { publicUrl: null, allowedHosts: [], trustedProxies: [], pages: 'signed-in' };

/** As whom somebody reads. */
type Reader = 'token' | 'session' | 'local' | 'everybody';

export interface Access {
  /** Null without one: then nothing can be changed over HTTP, nor read from elsewhere. */
  readonly adminToken: Secret | null;
  /** What the request counts against in limits: its address, or the /64 network of an IPv6 address. */
  clientKey(request: IncomingMessage): string;
  /** Whether the name that the request calls is one of this agent's. */
  isCalledRightly(request: IncomingMessage): boolean;
  /** What the request shows as the token of the admin. */
  token(request: IncomingMessage): 'right' | 'wrong' | 'none';
  /** Where people may sign in beside the admin token; null where the settings name no OAuth application. */
  readonly forge: ForgeSignIn | null;
  /** The address that people use; null where nobody said. */
  readonly publicUrl: string | null;
  /** Looks up the session of the request, once; until then it has none. Fails where Redis does. */
  recognise(request: IncomingMessage): Promise<void>;
  /** Who signed in; null for whoever did not. */
  person(request: IncomingMessage): Person | null;
  /** Null for somebody who has to sign in first. */
  reader(request: IncomingMessage): Reader | null;
  /** Notes a wrong token. True when there were too many from there. */
  failed(request: IncomingMessage): boolean;
  /** The value of the cookie that begins a session; one that the browser had is over. */
  signIn(request: IncomingMessage, who: Parameters<Sessions['begin']>[0]): Promise<string>;
  /** The value of the cookie that ends it. */
  signOut(request: IncomingMessage): Promise<string>;
  /** Whether the browser may keep a cookie for TLS alone. */
  isSecure(request: IncomingMessage): boolean;
}

export interface AccessDeps {
  readonly adminToken: Secret | null;
  readonly rules: AccessRules;
  /** The address that the agent listens on. */
  readonly listen: string;
  /** Null where nothing is shown to people: nobody signs in. */
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
    // Without a path it belongs to the folder of the sign-in page, which is the top of the pages, also below a path of a proxy.
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
    isCalledRightly({ headers, socket }) {
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
 * At this machine, and nobody in between: a proxy on the same machine has its address too, so that what it relays is told by what it
 * adds, by the name it was called, or by the protocol of old that nginx speaks to what is behind it.
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

/** Whether the browser speaks TLS to whatever stands before us, so that it may keep the cookie for TLS alone. */
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
  // A browser keeps one; whoever sends many has no more looked up than that.
  return ids.filter((id) => /^[\w-]{43}$/.test(id)).slice(0, 2);
}
