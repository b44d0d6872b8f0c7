// GitHub Apps. An App authenticates by a short-lived JWT that it signed itself, and exchanges it for an installation token, which is valid for an
// hour. Rules from GitHub's documentation of App authentication.

import { type KeyObject, randomBytes } from 'node:crypto';
import { decodeJwt, type JWTPayload, jwtVerify } from 'jose';

export type Level = 'read' | 'write';
export type Permissions = Readonly<Record<string, Level>>;

export interface LabApp {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
  readonly clientId: string;
  readonly publicKey: KeyObject;
  readonly permissions: Permissions;
  readonly events: readonly string[];
  /** Its webhook, active once it is installed; null: it has none. */
  readonly hook: { readonly url: string; readonly secret: string } | null;
  /** Installation id; null until it is installed on the repository. */
  readonly installation: number | null;
  readonly createdAt: Date;
}

/** What an installation token permits. */
export interface Grant {
  readonly app: LabApp;
  readonly permissions: Permissions;
}

export interface AppRegistry {
  add(app: Omit<LabApp, 'installation' | 'createdAt' | 'clientId'>): LabApp;
  get(id: number): LabApp | undefined;
  /** Each installation has an id of its own. */
  install(id: number): LabApp | undefined;
  /** Ends its installation, and the tokens of it. */
  uninstall(id: number): void;
  /** The Apps that are installed. */
  installed(): readonly LabApp[];
  /** The App that signed the token, or GitHub's message of refusal. */
  signer(jwt: string, now: Date): Promise<LabApp | string>;
  /** Issues an installation token that is valid for an hour. */
  issue(app: LabApp, permissions: Permissions): { readonly token: string; readonly expiresAt: Date };
  grantOf(token: string): Grant | undefined;
  /** Expires all installation tokens, as after an hour. */
  expireTokens(): void;
}

const MAX_S = 600;
/** Maximum clock skew: a token may be issued this many seconds in GitHub's future. */
const AHEAD_S = 60;
const TOKEN_MS = 3_600_000;
const INSTALLATIONS_FROM = 80_000;

export function openAppRegistry(): AppRegistry {
  const apps = new Map<number, LabApp>();
  const tokens = new Map<string, Grant & { readonly until: number }>();
  let installations = 0;

  function store(app: LabApp): LabApp {
    apps.set(app.id, app);
    return app;
  }
  function byIssuer(issuer: string | undefined): LabApp | undefined {
    return [...apps.values()].find(({ id, clientId }) => issuer === String(id) || issuer === clientId);
  }

  return {
    add: (app) => store({ ...app, clientId: `Iv23lab${app.id}`, installation: null, createdAt: new Date() }),
    get: (id) => apps.get(id),
    install(id) {
      const app = apps.get(id);
      installations += 1;
      return app === undefined ? undefined : store({ ...app, installation: INSTALLATIONS_FROM + installations });
    },
    uninstall(id) {
      const app = apps.get(id);
      if (app !== undefined) store({ ...app, installation: null });
      for (const [token, grant] of tokens) if (grant.app.id === id) tokens.delete(token);
    },
    installed: () => [...apps.values()].filter(({ installation }) => installation !== null),
    async signer(jwt, now) {
      const claims = claimsOf(jwt);
      if (claims === undefined) return 'A JSON web token could not be decoded';
      const app = byIssuer(claims.iss === undefined ? undefined : String(claims.iss));
      if (app === undefined) return 'Integration not found';
      const problem = timeProblem(claims, now.getTime() / 1000);
      if (problem !== undefined) return problem;
      try {
        await jwtVerify(jwt, app.publicKey, { algorithms: ['RS256'], currentDate: now, clockTolerance: AHEAD_S });
        return app;
      } catch {
        return 'A JSON web token could not be decoded';
      }
    },
    issue(app, permissions) {
      const part = (bytes: number) => randomBytes(bytes).toString('base64url');
      const token = `ghs_${app.id}_${part(30)}.${part(120)}.${part(64)}`;
      const until = Date.now() + TOKEN_MS;
      tokens.set(token, { app, permissions, until });
      return { token, expiresAt: new Date(until) };
    },
    grantOf(token) {
      const found = tokens.get(token);
      return found !== undefined && found.until > Date.now() ? found : undefined;
    },
    expireTokens: () => tokens.clear(),
  };
}

function claimsOf(jwt: string): JWTPayload | undefined {
  try {
    return decodeJwt(jwt);
  } catch {
    return undefined;
  }
}

/** @param now seconds */
function timeProblem({ exp, iat }: JWTPayload, now: number): string | undefined {
  if (typeof exp !== 'number' || exp <= now) {
    return "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires";
  }
  if (exp > now + MAX_S) return "'Expiration time' claim ('exp') is too far in the future";
  if (typeof iat !== 'number' || iat > now + AHEAD_S) {
    return "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued";
  }
  return undefined;
}
