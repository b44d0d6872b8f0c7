// Opens the host and the forge according to the settings.

import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { openForge, placeOf } from '../../io/forge/forge.ts';
import type { ForgeOptions } from '../../io/forge/options.ts';
import { openForgeSignIn } from '../../io/forge/sign-in.ts';
import { openContents } from '../../io/host/content.ts';
import { localHost } from '../../io/host/local.ts';
import { sshHost } from '../../io/host/ssh.ts';
import type { NodeAdvice } from '../../io/host/ssh-failure.ts';
import { openRedactor, type Redactor } from '../../io/redact.ts';
import { openSecrets } from '../../io/secrets.ts';
import { sopsOpener } from '../../io/sops.ts';
import type { Secret } from '../../model/secret.ts';
import type { Forge } from '../../ports/forge.ts';
import type { ForgeSignIn } from '../../ports/forge-sign-in.ts';
import type { Host } from '../../ports/host.ts';
import { HostAway, isOfHost } from '../../ports/host-failure.ts';
import type { Repository } from '../../ports/repository.ts';
import { PRODUCT } from '../../product.ts';
import { type Settings, secretsOf } from '../../settings.ts';
import { Missing } from '../missing.ts';
import { withLab } from './with-lab.ts';

export interface HostDeps {
  /** Configured node name. */
  readonly node: string | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly repository: Pick<Repository, 'blob'>;
  readonly redactor: Redactor;
  /** Called if the host is unreachable while its name is queried. Resolves to the name to continue with, or null to retry. Absent: no retry. */
  readonly away?: (error: HostAway) => Promise<string | null>;
  /** Receives advice about the node. */
  readonly advise?: (advice: NodeAdvice) => void;
  /** How the programs of a lab host run. Default: as processes, which outlive an agent that is killed; a command that ends by itself runs them here. */
  readonly labPrograms?: LabPrograms;
}

export type LabPrograms = 'processes' | 'here';

/** @param settings `host` selects the host; a lab host is created below the data folder */
export async function openHostOf(
  settings: Settings,
  { node, environment, repository, redactor, away, advise, labPrograms }: HostDeps,
): Promise<Host> {
  const secrets = openSecrets({
    environment,
    redactor,
    bounds: settings.secrets,
    own: secretsOf(settings).map((own) => own.expose()),
    blob: repository.blob,
    openSops: sopsOpener(settings.sopsAgeKey?.expose() ?? null),
  });
  const contents = openContents({ repository, secrets, product: PRODUCT });
  switch (settings.host.kind) {
    case 'local': {
      if (settings.labFolder !== null)
        return (await labHost('PHOENIX_LAB'))(settings.labFolder, node, { contents, redactor }, labPrograms);
      const path = environment['PATH'];
      return localHost({ node: node ?? shortName(hostname()), contents, redactor, ...(path ? { path } : {}) });
    }
    case 'ssh': {
      const agentSocket = environment['SSH_AUTH_SOCK'];
      const login = { target: settings.host.destination, ...(agentSocket ? { agentSocket } : {}), contents, redactor };
      return sshHost({
        ...login,
        ...(advise === undefined ? {} : { advise }),
        node: node ?? (await nameOf(sshHost({ ...login, node: settings.host.destination }), away)),
      });
    }
    case 'lab':
      return (await labHost('PHOENIX_HOST=lab'))(
        settings.labFolder ?? join(settings.dataDir, 'lab'),
        node,
        { contents, redactor },
        labPrograms,
      );
  }
}

async function labHost(setting: 'PHOENIX_LAB' | 'PHOENIX_HOST=lab') {
  return (await withLab(setting, () => import('./lab-host.ts'))).openLabHost;
}

/**
 * Null without reporting. @throws Missing for an unusable forge configuration
 */
export function openForgeOf(settings: Settings, redactor: Pick<Redactor, 'add'> = openRedactor()): Forge | null {
  const options = forgeOptions(settings, redactor);
  try {
    return options === null ? null : openForge(options);
  } catch (error) {
    throw new Missing(
      error instanceof Error ? error.message : String(error),
      'see PHOENIX_FORGE and PHOENIX_FORGE_API',
    );
  }
}

/** Null if only the admin token is used. */
export function openForgeSignInOf(settings: Settings, redactor: Pick<Redactor, 'add'>): ForgeSignIn | null {
  const { oauth, kind } = settings.forge;
  const options = forgeOptions(settings, redactor);
  if (options === null || oauth?.id == null || oauth.secret === null) return null;
  if (kind !== 'github' && kind !== 'gitea') return null;
  return openForgeSignIn({ ...options, kind, client: { id: oauth.id, secret: oauth.secret } });
}

/**
 * Connection options of the forge; null without one.
 *
 * @param redactor learns renewed tokens
 * @throws Missing without credentials
 */
export function forgeOptions(
  { forge: { kind, api, token, tokenFile, app }, repositoryUrl, branch, publicUrl }: Settings,
  redactor: Pick<Redactor, 'add'>,
): ForgeOptions | null {
  if (kind === 'none') return null;
  const place = placeOf(kind, repositoryUrl);
  const shared = { kind, repository: place.repository, branch, api: api ?? place.api, publicUrl };
  if (token !== null) return { ...shared, login: { as: 'token', token: renewed(token, tokenFile, redactor) } };
  if (app !== null) return { ...shared, login: { as: 'app', id: app.id, key: app.key.expose() } };
  throw new Missing(
    `there is nothing to speak to the forge as`,
    'set PHOENIX_FORGE_TOKEN, or PHOENIX_APP_ID and PHOENIX_APP_KEY_FILE',
  );
}

/** The current content of the token's file, or the last one while it is being replaced. */
function renewed(token: Secret, file: string | null, redactor: Pick<Redactor, 'add'>): () => string {
  let known = token.expose();
  return () => {
    const now = file === null ? null : lineIn(file);
    if (now !== null && now !== known) {
      redactor.add(now);
      known = now;
    }
    return known;
  };
}

/** Null for an unreadable or empty file. */
function lineIn(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '') || null;
  } catch {
    return null;
  }
}

/** The repository's name on the forge: `owner/name`; empty without a forge. */
export function repositoryOf({ forge: { kind }, repositoryUrl }: Settings): string {
  return kind === 'none' ? '' : placeOf(kind, repositoryUrl).repository;
}

/** @param destination as in the settings */
export function connectionHint(destination: string): string {
  return `see that this works, as the user that Phoenix runs as and without a password: ssh -o BatchMode=yes ${destination} true`;
}

/**
 * Queries the node name. @throws Missing if unreachable and not retried
 */
async function nameOf(host: Host, away: HostDeps['away']): Promise<string> {
  try {
    for (;;) {
      const name = await hostnameOf(host).catch((error: unknown) => {
        if (error instanceof HostAway && away !== undefined) return away(error);
        if (isOfHost(error)) throw new Missing(error.message, connectionHint(host.node));
        throw error;
      });
      if (name !== null) return shortName(name);
    }
  } finally {
    await host.close();
  }
}

async function hostnameOf(host: Host): Promise<string> {
  const { exit, stdout, stderr } = await host.run({
    kind: 'command',
    program: 'hostname',
    args: [],
    timeoutSeconds: 30,
  });
  if (exit === 0 && stdout.trim() !== '') return stdout.trim();
  throw new Missing(
    `${host.node} cannot be reached: ${stderr.trim() || 'no answer'}`,
    'see that ssh works without a password',
  );
}

/** A Proxmox node is named by the first label of its host name. */
function shortName(name: string): string {
  return name.split('.')[0] ?? name;
}
