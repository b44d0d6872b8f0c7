// A GitHub App: it shows a signed token of its own for ten minutes at most, and gets one for an installation, which lasts an
// hour and is long. Rules from GitHub's description of App authentication.

import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { jwtVerify } from 'jose';

export interface LabApp {
  readonly id: number;
  readonly publicKey: KeyObject;
}

export interface AppDesk {
  /** The App that signed it; undefined for a token that GitHub would refuse. */
  appOf(jwt: string): Promise<LabApp | undefined>;
  issue(now: Date): { readonly token: string; readonly expires_at: string };
  isInstallation(token: string, now: Date): boolean;
  /** A manifest that a browser posted becomes a code. */
  take(manifest: unknown): string | undefined;
  /** Once for each code. */
  redeem(code: string): Record<string, unknown> | undefined;
}

const LONGEST_JWT_SECONDS = 600;
const INSTALLATION_MS = 3_600_000;
export const INSTALLATION = 77;

export function openAppDesk(app: LabApp | null): AppDesk {
  const apps = new Map<string, LabApp>(app === null ? [] : [[String(app.id), app]]);
  const tokens = new Map<string, number>();
  const codes = new Map<string, Record<string, unknown>>();
  return {
    async appOf(jwt) {
      const claimed = claimedIssuer(jwt);
      const found = claimed === undefined ? undefined : apps.get(claimed);
      if (found === undefined) return undefined;
      try {
        const { payload } = await jwtVerify(jwt, found.publicKey, { algorithms: ['RS256'], clockTolerance: 60 });
        const life = (payload.exp ?? Number.POSITIVE_INFINITY) - Date.now() / 1000;
        return life <= LONGEST_JWT_SECONDS + 60 ? found : undefined;
      } catch {
        return undefined;
      }
    },
    issue(now) {
      const token = `ghs_${app?.id ?? 0}_${randomBytes(200).toString('base64url')}`;
      tokens.set(token, now.getTime() + INSTALLATION_MS);
      return { token, expires_at: new Date(now.getTime() + INSTALLATION_MS).toISOString() };
    },
    isInstallation: (token, now) => (tokens.get(token) ?? 0) > now.getTime(),
    take(manifest) {
      if (!isManifest(manifest)) return undefined;
      const code = randomBytes(16).toString('hex');
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      codes.set(code, {
        id: 4711,
        name: manifest.name,
        html_url: `https://github.example/apps/${encodeURIComponent(manifest.name)}`,
        pem: privateKey.export({ type: 'pkcs1', format: 'pem' }),
        webhook_secret: randomBytes(20).toString('hex'),
        client_id: 'Iv1.lab',
        client_secret: randomBytes(20).toString('hex'),
        permissions: manifest.default_permissions,
        events: manifest.default_events,
      });
      return code;
    },
    redeem(code) {
      const found = codes.get(code);
      codes.delete(code);
      return found;
    },
  };
}

interface Manifest {
  readonly name: string;
  readonly redirect_url: string;
  readonly default_permissions: Record<string, string>;
  readonly default_events: readonly string[];
}

function isManifest(value: unknown): value is Manifest {
  const { name, url, redirect_url, hook_attributes, default_permissions, default_events } = (value ?? {}) as Record<
    string,
    unknown
  >;
  const hook = (hook_attributes as { url?: unknown } | undefined)?.url;
  const addresses = [url, redirect_url, hook].every((each) => typeof each === 'string' && URL.canParse(each));
  const named = typeof name === 'string' && name.length > 0 && name.length <= 34;
  return named && addresses && typeof default_permissions === 'object' && Array.isArray(default_events);
}

/** Of a token that nobody has looked at yet. */
function claimedIssuer(jwt: string): string | undefined {
  try {
    const claims = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()) as { iss?: unknown };
    return claims.iss === undefined ? undefined : String(claims.iss);
  } catch {
    return undefined;
  }
}
