// The environment as settings: every variable, its meaning and its default in one place. Nothing else reads the environment.
// Pure: values named by `NAME_FILE` are read by the function that the caller passes.

import type { Authority } from './model/authority.ts';
import type { ChannelSettings } from './model/channel-settings.ts';
import type { Secret } from './model/secret.ts';
import { secret } from './model/secret.ts';
import type { SecretBounds } from './model/secret-bounds.ts';
import type { SigningKeys } from './model/signing-keys.ts';
import { ageKeys } from './settings/age-keys.ts';
import { authorities } from './settings/authorities.ts';
import { channels, secretsOfChannel } from './settings/channels.ts';
import { CHECKS } from './settings/checks.ts';
import { secretBounds, secretFolders, variablePrefix } from './settings/secret-bounds.ts';
import { signingKeys } from './settings/signing-keys.ts';
import {
  atOnce,
  branchName,
  choice,
  collectorUrl,
  flag,
  headerList,
  hostNames,
  hostSetting,
  httpUrl,
  installationName,
  listenAddress,
  megabytes,
  nodeName,
  redisAddress,
  relativeFolder,
  repositoryUrl,
  seconds,
  subnets,
  type Value,
} from './settings/values.ts';
import { knownAs, nearestName, valuesOf } from './settings/variables.ts';

interface ForgeSettings {
  readonly kind: 'github' | 'gitea' | 'gitlab' | 'none';
  /** Base URL of its REST API; null for the one that belongs to the repository's address. */
  readonly api: string | null;
  readonly token: Secret | null;
  /** The file of the token, which is read again after a renewal; null if the token is in the environment. */
  readonly tokenFile: string | null;
  readonly app: { readonly id: string; readonly key: Secret } | null;
  /** The OAuth application by which people sign in to the pages; null: by the admin token alone. */
  readonly oauth: { readonly id: string | null; readonly secret: Secret | null } | null;
}

type HostSettings =
  | { readonly kind: 'local' }
  | { readonly kind: 'ssh'; readonly destination: string }
  | { readonly kind: 'lab' };

/** By the variables that OpenTelemetry names. */
interface TraceSettings {
  /** Base URL of a collector for OTLP over HTTP. */
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, Secret>>;
  readonly service: string;
}

export interface Settings {
  /** Without the credentials of the variable, which are in `repositoryLogin`. */
  readonly repositoryUrl: string;
  readonly repositoryLogin: { readonly username: string; readonly password: Secret } | null;
  readonly branch: string;
  /** The config root inside the repository; null to find it. */
  readonly configRoot: string | null;
  readonly forge: ForgeSettings;
  readonly webhookSecret: Secret | null;
  /** The previous secret, which is accepted too until the forge has the new one. */
  readonly webhookSecretBefore: Secret | null;
  /** The content type that the forge's webhooks are configured with. */
  readonly webhookContentType: 'json' | 'form';
  readonly adminToken: Secret | null;
  readonly listen: { readonly host: string; readonly port: number };
  readonly publicUrl: string | null;
  /** Further names that the agent is called by; of any other name nothing is shown. */
  readonly allowedHosts: readonly string[];
  /** Addresses and subnets of trusted proxies, whose client addresses are believed. */
  readonly trustedProxies: readonly string[];
  /** Who may read from other machines: users who sign in, or everybody, if a proxy authenticates them. */
  readonly pages: 'signed-in' | 'open';
  /** May contain a password. Null: a private server is started. */
  readonly redisUrl: Secret | null;
  readonly dataDir: string;
  /** Distinguishes several installations in one Redis. */
  readonly installation: string;
  /** The installation that the Redis belonged to before the repository, its branch or the node was renamed. */
  readonly movedFrom: string | null;
  readonly host: HostSettings;
  /** Folder of the lab host in place of this machine, which `phoenix lab` sets; null outside of a lab. */
  readonly labFolder: string | null;
  /** Null: the host reports its name. */
  readonly node: string | null;
  readonly pollSeconds: number;
  readonly driftSeconds: number;
  /** Maximum size of a fetch; storing it needs about seven times as much memory. */
  readonly maxPackMb: number;
  /** Steps at a time on the node, over all processes; null: a few for each process. */
  readonly applySteps: number | null;
  readonly log: 'debug' | 'info' | 'warn' | 'error';
  readonly strictSecrets: boolean;
  /** What a configuration may refer to with `{"$secret": …}`. */
  readonly secrets: SecretBounds;
  /** Identities of age that open files encrypted by sops; null: none can be opened. */
  readonly sopsAgeKey: Secret | null;
  /** Whether pull requests from forks are planned too: planning only reads, but the author decides what is read. */
  readonly planForks: boolean;
  /** Keys for signatures of commits, for a policy that requires them; null: none. */
  readonly signingKeys: SigningKeys | null;
  /** Trusted in addition to those that Node trusts. */
  readonly authorities: readonly Authority[];
  /** Where traces go; null: nothing is traced. */
  readonly traces: TraceSettings | null;
  /** Channels of notifications. */
  readonly channels: readonly ChannelSettings[];
}

/** One thing that is wrong with the environment, and what to do. */
export interface SettingProblem {
  readonly severity: 'error' | 'warning';
  readonly variable: string;
  readonly message: string;
  readonly hint: string;
}

export interface ReadSettings {
  /** Null if there is an error. */
  readonly settings: Settings | null;
  /** All problems at once, errors and warnings. */
  readonly problems: readonly SettingProblem[];
}

/** The environment, as Node provides it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Each is a process or more on the node. */
const MAX_STEPS = 256;

/** Whether secrets that only a receiver needs are required. */
export interface Purpose {
  readonly receiving: boolean;
}

/**
 * Reads all settings of the agent.
 *
 * @param readFile reads the file that a `NAME_FILE` variable names; it may throw
 */
export function readSettings(
  environment: Environment,
  readFile: (path: string) => string,
  purpose: Purpose,
): ReadSettings {
  const problems: SettingProblem[] = [];
  const report = (severity: SettingProblem['severity'], variable: string, message: string, hint: string) => {
    problems.push({ severity, variable, message, hint });
  };
  const texts = valuesOf(environment, readFile, report);
  const take = <T>(variable: string, read: (text: string) => Value<T>, fallback: T): T => {
    const text = texts.get(variable);
    if (text === undefined) return fallback;
    const value = read(text);
    if ('value' in value) return value.value;
    const given = knownAs(variable);
    report('error', given, `${given}: ${value.wrong}`, value.hint);
    return fallback;
  };
  const hidden = (variable: string): Secret | null => {
    const text = texts.get(variable);
    return text === undefined ? null : secret(text);
  };

  const address = take('PHOENIX_REPO_URL', repositoryUrl, null);
  if (!texts.has('PHOENIX_REPO_URL')) {
    report(
      'error',
      'PHOENIX_REPO_URL',
      'PHOENIX_REPO_URL is not set',
      'set it to the https:// address of the config repo',
    );
  }
  const settings: Settings = {
    repositoryUrl: address?.url ?? '',
    repositoryLogin: address?.login ?? null,
    branch: take('PHOENIX_BRANCH', branchName, 'main'),
    configRoot: take('PHOENIX_CONFIG_ROOT', relativeFolder, null),
    forge: {
      kind: take('PHOENIX_FORGE', choice('github', 'gitea', 'gitlab', 'none'), guessForge(address?.url)),
      api: take('PHOENIX_FORGE_API', httpUrl('https://git.example.internal'), null)?.url ?? null,
      token: hidden('PHOENIX_FORGE_TOKEN'),
      tokenFile: environment['PHOENIX_FORGE_TOKEN_FILE'] || null,
      app: appOf(texts),
      oauth: oauthOf(texts),
    },
    webhookSecret: hidden('PHOENIX_WEBHOOK_SECRET'),
    webhookSecretBefore: hidden('PHOENIX_WEBHOOK_SECRET_BEFORE'),
    webhookContentType: take('PHOENIX_WEBHOOK_CONTENT_TYPE', choice('json', 'form'), 'json'),
    adminToken: hidden('PHOENIX_ADMIN_TOKEN'),
    listen: take('PHOENIX_LISTEN', listenAddress, { host: '127.0.0.1', port: 8080 }),
    publicUrl:
      take('PHOENIX_PUBLIC_URL', httpUrl('https://phoenix.example.internal'), null)?.url.replace(/\/$/, '') ?? null,
    allowedHosts: take('PHOENIX_ALLOWED_HOSTS', hostNames, []),
    trustedProxies: take('PHOENIX_TRUSTED_PROXIES', subnets, []),
    pages: take('PHOENIX_PAGES', choice('signed-in', 'open'), 'signed-in'),
    redisUrl: take('REDIS_URL', redisAddress, null),
    dataDir: texts.get('PHOENIX_DATA_DIR') ?? defaultDataDir(environment),
    installation: take('PHOENIX_INSTALLATION', installationName, 'phoenix'),
    movedFrom: texts.get('PHOENIX_MOVED_FROM') ?? null,
    host: take('PHOENIX_HOST', hostSetting, { kind: 'local' }),
    labFolder: texts.get('PHOENIX_LAB') ?? null,
    node: take('PHOENIX_NODE', nodeName, null),
    pollSeconds: take('PHOENIX_POLL_SECONDS', seconds(1), 60),
    driftSeconds: take('PHOENIX_DRIFT_SECONDS', seconds(10), 900),
    maxPackMb: take('PHOENIX_MAX_PACK_MB', megabytes(1, 1900), 100),
    applySteps: take('PHOENIX_APPLY_STEPS', atOnce(MAX_STEPS), null),
    log: take('PHOENIX_LOG', choice('debug', 'info', 'warn', 'error'), 'info'),
    strictSecrets: take('PHOENIX_STRICT_SECRETS', flag, false),
    secrets: secretBounds(texts, environment),
    sopsAgeKey: take('PHOENIX_SOPS_AGE_KEY', ageKeys, null),
    planForks: take('PHOENIX_PLAN_FORKS', flag, false),
    signingKeys: take('PHOENIX_SIGNING_KEYS', signingKeys, null),
    authorities: take('PHOENIX_CA', authorities, []),
    traces: tracesOf(take('OTEL_EXPORTER_OTLP_ENDPOINT', collectorUrl, null), {
      headers: take('OTEL_EXPORTER_OTLP_HEADERS', headerList, {}),
      service: texts.get('OTEL_SERVICE_NAME') ?? 'phoenix',
    }),
    channels: take('PHOENIX_NOTIFY', channels(readFile), []),
  };

  take('PHOENIX_SECRETS_DIR', secretFolders, []);
  take('PHOENIX_SECRET_ENV_PREFIX', variablePrefix, '');
  for (const check of CHECKS) check(settings, purpose, report);
  for (const name of Object.keys(environment)) {
    const meant = nearestName(name);
    if (meant !== null) report('warning', name, `${name} means nothing to Phoenix`, `did you mean ${meant}?`);
  }
  return { settings: problems.some(({ severity }) => severity === 'error') ? null : settings, problems };
}

/** Every secret among the settings, so that none of them is ever shown. */
export function secretsOf(settings: Settings): readonly Secret[] {
  const {
    repositoryLogin,
    forge: { token, app, oauth },
    webhookSecret: hook,
    webhookSecretBefore: hookBefore,
    adminToken: admin,
    redisUrl,
    sopsAgeKey,
    channels,
    traces,
  } = settings;
  const all = [
    repositoryLogin?.password,
    token,
    app?.key,
    oauth?.secret,
    hook,
    hookBefore,
    admin,
    redisUrl,
    sopsAgeKey,
    ...channels.flatMap(secretsOfChannel),
    ...Object.values(traces?.headers ?? {}),
  ];
  return all.filter((each) => each !== null && each !== undefined);
}

function tracesOf(endpoint: string | null, more: Omit<TraceSettings, 'endpoint'>): TraceSettings | null {
  return endpoint === null ? null : { endpoint, ...more };
}

function appOf(texts: ReadonlyMap<string, string>): ForgeSettings['app'] {
  const id = texts.get('PHOENIX_APP_ID');
  const key = texts.get('PHOENIX_APP_KEY');
  return id === undefined || key === undefined ? null : { id, key: secret(key) };
}

/** An incomplete pair is reported by a rule. */
function oauthOf(texts: ReadonlyMap<string, string>): ForgeSettings['oauth'] {
  const id = texts.get('PHOENIX_OAUTH_CLIENT_ID') ?? null;
  const text = texts.get('PHOENIX_OAUTH_CLIENT_SECRET');
  return id === null && text === undefined ? null : { id, secret: text === undefined ? null : secret(text) };
}

/** Well-known hosts determine the forge; otherwise nothing is reported until PHOENIX_FORGE is set. */
function guessForge(url: string | undefined): ForgeSettings['kind'] {
  const host = url === undefined ? '' : new URL(url).hostname;
  if (host === 'github.com' || host === 'www.github.com') return 'github';
  return host === 'gitlab.com' ? 'gitlab' : 'none';
}

/** The folder that systemd provides, else the user's state folder (XDG base directories), else the system's. */
function defaultDataDir(environment: Environment): string {
  if (environment['STATE_DIRECTORY']) return environment['STATE_DIRECTORY'];
  if (environment['XDG_STATE_HOME']) return `${environment['XDG_STATE_HOME']}/phoenix`;
  return environment['HOME'] ? `${environment['HOME']}/.local/state/phoenix` : '/var/lib/phoenix';
}
