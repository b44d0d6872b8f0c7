// `phoenix doctor --create-app`: creates a GitHub App with the required permissions in the user's browser. The page posts a manifest to GitHub, which
// redirects back with a code that can be exchanged once for the App's key (GitHub's "Registering a GitHub App from a manifest").

import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { placeOf } from '../../io/forge/forge.ts';
import { type CreatedApp, redeemCode } from '../../io/forge/github/manifest.ts';
import { makeFolders } from '../../io/make-folders.ts';
import { APP, appCreated, appPage } from '../../messages/setup/app.ts';
import type { Environment, Settings } from '../../settings.ts';
import { EXIT, type Io } from '../io.ts';
import { Missing } from '../missing.ts';
import { agentSettings } from '../read-settings.ts';

export interface CreateAppArgs {
  /** Owning organisation; undefined for the user's account. */
  readonly organization?: string | undefined;
}

/** Permissions and events of the App. */
const PERMISSIONS = {
  checks: 'write',
  contents: 'read',
  issues: 'read',
  merge_queues: 'read',
  metadata: 'read',
  pull_requests: 'write',
};
const EVENTS = [
  'push',
  'pull_request',
  'pull_request_review',
  'merge_group',
  'check_run',
  'check_suite',
  'issue_comment',
];
/** Time limit for the user. */
const PATIENCE_MS = 15 * 60_000;

export async function createApp({ organization }: CreateAppArgs, io: Io): Promise<number> {
  const settings = settingsForApp(io.env);
  const app = await registerApp(settings, organization, io);
  io.stdout(appCreated(app, await storeCredentials(settings.dataDir, app)));
  return EXIT.done;
}

/**
 * Serves the page with the button and waits for its press.
 *
 * @param settings with the repository that the App is for and the address that GitHub reaches the agent at
 * @param organization undefined for the user who presses
 * @throws Missing when nobody pressed the button in time
 */
export async function registerApp(
  settings: Pick<Settings, 'repositoryUrl' | 'forge' | 'publicUrl'>,
  organization: string | undefined,
  io: Io,
): Promise<CreatedApp> {
  const { repository, api } = placeOf('github', settings.repositoryUrl);
  const base = settings.forge.api ?? api;
  const web = new URL(settings.repositoryUrl).origin;
  const state = randomBytes(16).toString('hex');
  const arrived = Promise.withResolvers<string>();
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const here = `http://127.0.0.1:${port}`;
  const page = appPage({
    action: `${web}${organization === undefined ? '' : `/organizations/${encodeURIComponent(organization)}`}/settings/apps/new?state=${state}`,
    manifest: JSON.stringify(manifestOf(settings.publicUrl ?? '', repository, here)),
  });
  server.on('request', (request, response) => handle(request, response, { page, web, state, code: arrived.resolve }));
  const patience = setTimeout(
    () => arrived.reject(new Missing('nobody pressed the button', 'call it again')),
    PATIENCE_MS,
  );
  try {
    io.stderr(APP.open(here, port));
    return await redeemCode(base, await arrived.promise);
  } finally {
    clearTimeout(patience);
    server.close();
    server.closeAllConnections();
  }
}

function manifestOf(publicUrl: string, repository: string, here: string) {
  const [owner = ''] = repository.split('/');
  return {
    name: `Phoenix ${owner}`.slice(0, 34),
    url: publicUrl,
    hook_attributes: { url: `${publicUrl}/webhooks`, active: true },
    redirect_url: `${here}/created`,
    public: false,
    default_permissions: PERMISSIONS,
    default_events: EVENTS,
  };
}

interface Expected {
  readonly page: string;
  /** Target of the form. */
  readonly web: string;
  readonly state: string;
  readonly code: (code: string) => void;
}

function handle(request: IncomingMessage, response: ServerResponse, { page, web, state, code }: Expected): void {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const answer = (status: number, body: string) => {
    response.writeHead(status, {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': `default-src 'none'; form-action ${web}; frame-ancestors 'none'; base-uri 'none'`,
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
    response.end(body);
  };
  const given = url.searchParams.get('code');
  if (request.method === 'GET' && url.pathname === '/') answer(200, page);
  else if (request.method !== 'GET' || url.pathname !== '/created' || given === null) answer(404, APP.notHere);
  // Protects against login CSRF: a foreign link would install a foreign App.
  else if (url.searchParams.get('state') !== state) answer(403, APP.wrongState);
  else {
    answer(200, APP.done);
    code(given);
  }
}

/** Stores the App's key and webhook secret, readable only for the current user. */
async function storeCredentials(dataDir: string, { id, pem, webhookSecret }: CreatedApp) {
  await makeFolders(dataDir, 0o700);
  const key = join(dataDir, `github-app-${id}.pem`);
  const secret = join(dataDir, `github-app-${id}.webhook-secret`);
  await writeFile(key, pem, { mode: 0o600, flag: 'wx' });
  await writeFile(secret, webhookSecret, { mode: 0o600, flag: 'wx' });
  return { key, secret };
}

/**
 * Settings without token and webhook secret, which do not exist yet. @throws Missing for missing settings
 */
export function settingsForApp(environment: Environment): Settings {
  const { PHOENIX_FORGE: _, ...rest } = environment;
  const given = { ...rest, PHOENIX_FORGE: 'none' };
  const { settings, problems } = agentSettings(given, { receiving: false });
  const error = problems.find(({ severity }) => severity === 'error');
  if (settings === null || error !== undefined)
    throw new Missing(error?.message ?? 'the settings cannot be read', error?.hint ?? '');
  if (settings.publicUrl === null) {
    throw new Missing(
      'PHOENIX_PUBLIC_URL is not set, so GitHub could not reach the App',
      'set it to where /webhooks can be reached, for example https://phoenix.example.org',
    );
  }
  return settings;
}
