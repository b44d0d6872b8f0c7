// The file of `--env-file`, as the service of an installation reads it: its variables, and the secrets in files beside it.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseEnv } from 'node:util';
import { EXIT } from './io.ts';

/** Secrets that deploy/systemd/phoenix.service hands to the agent from the folder of its settings. */
export const SECRET_FILES = {
  PHOENIX_WEBHOOK_SECRET: 'webhook-secret',
  PHOENIX_ADMIN_TOKEN: 'admin-token',
  PHOENIX_FORGE_TOKEN: 'forge-token',
} as const;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The environment with the variables of the file; those of the environment itself go first. A secret that neither sets is read from its file beside
 * the settings, so that a command by hand knows what the service knows.
 *
 * @throws an error with a hint and an exit code if the file cannot be read
 */
export function withEnvFile(path: string, env: Environment): Environment {
  const all: Environment = { ...parseEnv(readEnvFile(path)), ...env };
  const beside = Object.entries(SECRET_FILES)
    .filter(([name]) => !all[name] && all[`${name}_FILE`] === undefined)
    .map(([name, file]) => [`${name}_FILE`, join(dirname(path), file)] as const)
    .filter(([, file]) => existsSync(file));
  return { ...all, ...Object.fromEntries(beside) };
}

function readEnvFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'is not there' : `cannot be read (${code ?? String(cause)})`;
    const hint = 'see to the path that --env-file names, and who may read it';
    throw Object.assign(new Error(`the environment file ${path} ${why}`, { cause }), { exit: EXIT.usage, hint });
  }
}
