// The names of the variables and their sources: the variable itself, or the file given by `NAME_FILE`.

import type { Report } from './checks.ts';

/**
 * All known variables. PHOENIX_URL is for commands that talk to an agent, PHOENIX_PORTAINER_* for import; PHOENIX_CA and PHOENIX_NOTIFY are given as
 * files.
 */
export const VARIABLES = [
  'PHOENIX_REPO_URL',
  'PHOENIX_BRANCH',
  'PHOENIX_CONFIG_ROOT',
  'PHOENIX_FORGE',
  'PHOENIX_FORGE_API',
  'PHOENIX_FORGE_TOKEN',
  'PHOENIX_APP_ID',
  'PHOENIX_APP_KEY',
  'PHOENIX_OAUTH_CLIENT_ID',
  'PHOENIX_OAUTH_CLIENT_SECRET',
  'PHOENIX_WEBHOOK_SECRET',
  'PHOENIX_WEBHOOK_SECRET_BEFORE',
  'PHOENIX_WEBHOOK_CONTENT_TYPE',
  'PHOENIX_ADMIN_TOKEN',
  'PHOENIX_LISTEN',
  'PHOENIX_PUBLIC_URL',
  'PHOENIX_ALLOWED_HOSTS',
  'PHOENIX_TRUSTED_PROXIES',
  'PHOENIX_PAGES',
  'REDIS_URL',
  'PHOENIX_DATA_DIR',
  'PHOENIX_INSTALLATION',
  'PHOENIX_MOVED_FROM',
  'PHOENIX_HOST',
  'PHOENIX_LAB',
  'PHOENIX_NODE',
  'PHOENIX_POLL_SECONDS',
  'PHOENIX_DRIFT_SECONDS',
  'PHOENIX_MAX_PACK_MB',
  'PHOENIX_APPLY_STEPS',
  'PHOENIX_LOG',
  'PHOENIX_STRICT_SECRETS',
  'PHOENIX_SECRETS_DIR',
  'PHOENIX_SECRET_ENV_PREFIX',
  'PHOENIX_SOPS_AGE_KEY',
  'PHOENIX_PLAN_FORKS',
  'PHOENIX_SIGNING_KEYS',
  'PHOENIX_CA',
  'PHOENIX_NOTIFY',
  'PHOENIX_PORTAINER_URL',
  'PHOENIX_PORTAINER_TOKEN',
  'PHOENIX_URL',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'OTEL_SERVICE_NAME',
] as const;

type Variable = (typeof VARIABLES)[number];

/** The documented name: variables that are usually files have the name of the file variable. */
export function knownAs(variable: string): string {
  return variable === 'PHOENIX_CA' || variable === 'PHOENIX_NOTIFY' ? `${variable}_FILE` : variable;
}

/** Variables with keys of other programs in the same environment. */
const OF_OTHERS = ['SOPS_AGE_KEY', 'SOPS_AGE_KEY_CMD', 'SOPS_AGE_SSH_PRIVATE_KEY'];

/** All forms of the variables, including rotation of secrets. */
export const OWN_VARIABLES: ReadonlySet<string> = new Set(
  [...VARIABLES, ...OF_OTHERS].flatMap((name) => {
    const base = name.replace(/_BEFORE$/, '');
    return [base, `${base}_BEFORE`].flatMap((each) => [each, `${each}_FILE`]);
  }),
);

/**
 * Values of the set variables. Empty ones count as unset; a file's trailing line break is dropped. Setting both forms is an error, since one would be
 * ignored.
 */
export function valuesOf(
  environment: Readonly<Record<string, string | undefined>>,
  readFile: (path: string) => string,
  report: Report,
  which: readonly Variable[] = VARIABLES,
): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const variable of which) {
    const text = environment[variable];
    const path = environment[`${variable}_FILE`];
    if (text && path) {
      report('error', variable, `both ${variable} and ${variable}_FILE are set`, 'unset one of them');
    } else if (text) {
      values.set(variable, text);
    } else if (path) {
      const content = contentOf(variable, path, readFile, report);
      if (content !== undefined) values.set(variable, content);
    }
  }
  return values;
}

/** Where systemd puts copies for a unit with `LoadCredential`. */
const CREDENTIALS = '/run/credentials/';

function contentOf(variable: string, path: string, readFile: (path: string) => string, report: Report) {
  try {
    const content = readFile(path).replace(/\r?\n$/, '');
    if (content !== '') return content;
    const where = path.startsWith(CREDENTIALS) ? 'the file that systemd copied there, below /etc/phoenix' : 'it';
    const hint = `write the value of ${variable} into ${where}, or run phoenix setup-agent`;
    report('error', `${variable}_FILE`, `${variable}_FILE: ${path} is empty`, hint);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    report(
      'error',
      `${variable}_FILE`,
      `${variable}_FILE: cannot read ${path}: ${reason}`,
      'check that the file is there and readable',
    );
  }
  return undefined;
}

/** The variable that a misspelt name probably means; null for known and dissimilar names. */
export function nearestName(name: string): string | null {
  if (!name.startsWith('PHOENIX_')) return null;
  const known = VARIABLES.flatMap((variable) => [variable, `${variable}_FILE`]);
  if (known.includes(name)) return null;
  return known.find((variable) => distance(name, variable) <= 2) ?? null;
}

/** Levenshtein distance. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
