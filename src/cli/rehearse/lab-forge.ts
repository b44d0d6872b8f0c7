// The forge of `phoenix lab --forge`: on this machine, without an account, with pages for people and the settings of an agent that follows it.

import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { type LabForge, startForge } from 'phoenix-lab/forge';
import { folderUnquotable, labSettingsText, portTaken, settingsIncomplete } from '../../messages/setup/lab.ts';
import { Missing } from '../missing.ts';
import { freePort } from './free-port.ts';

/** People who may approve and merge. */
const PEOPLE = ['ada', 'grace'] as const;
/** What the file must have; whatever else a person adds to it stays. */
const NEEDED = [
  'PHOENIX_REPO_URL',
  'PHOENIX_FORGE_TOKEN',
  'PHOENIX_WEBHOOK_SECRET',
  'PHOENIX_ADMIN_TOKEN',
  'PHOENIX_LISTEN',
] as const;

export interface OpenLabForge {
  readonly forge: LabForge;
  /** The file of settings, for `--env-file`. */
  readonly path: string;
  /** What the file contains, for the environment of a command. */
  readonly settings: Readonly<Record<string, string>>;
  /** Where the agent is to listen. */
  readonly agent: string;
}

/**
 * Starts the forge of a lab, with the ports and secrets of the last time. Its repository is kept in `dir/forge`; pull requests, comments and statuses
 * end with it.
 *
 * @param dir an existing lab
 * @throws Missing if another program has its port, the folder's name cannot be written to the file, or the file of settings lacks one that the forge needs
 */
export async function openLabForge(dir: string): Promise<OpenLabForge> {
  const path = join(resolve(dir), 'phoenix.env');
  const settings = readSettings(path) ?? (await writeSettings(path, resolve(dir)));
  const lacking = NEEDED.find((name) => !settings[name]);
  if (lacking !== undefined) throw new Missing(...settingsIncomplete(path, lacking));
  const { PHOENIX_REPO_URL = '', PHOENIX_LISTEN = '', PHOENIX_FORGE_TOKEN: token = '' } = settings;
  const agent = `http://${PHOENIX_LISTEN}`;
  const port = Number(URL.parse(PHOENIX_REPO_URL)?.port);
  const forge = await startForge({
    folder: join(dir, 'forge'),
    secret: settings['PHOENIX_WEBHOOK_SECRET'] ?? '',
    token,
    port,
    pages: true,
    tokenRight: 'admin',
    webhookUrl: `${agent}/webhooks`,
  }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EADDRINUSE' ? new Missing(...portTaken(port, path)) : error;
  });
  for (const login of PEOPLE) forge.allow(login, 'maintain');
  return { forge, path, settings, agent };
}

/** Null where there is no such file. */
function readSettings(path: string): Record<string, string> | null {
  try {
    return parseEnv(readFileSync(path, 'utf8')) as Record<string, string>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

async function writeSettings(path: string, dir: string): Promise<Record<string, string>> {
  if (/['\r\n]/.test(dir)) throw new Missing(...folderUnquotable(dir));
  const token = randomBytes(12).toString('hex');
  const forge = `http://127.0.0.1:${await freePort()}`;
  const agent = `127.0.0.1:${await freePort()}`;
  const settings = {
    PHOENIX_REPO_URL: `${forge}/phoenix/config.git`,
    PHOENIX_FORGE: 'github',
    PHOENIX_FORGE_API: forge,
    PHOENIX_FORGE_TOKEN: token,
    PHOENIX_WEBHOOK_SECRET: randomBytes(24).toString('hex'),
    PHOENIX_ADMIN_TOKEN: randomBytes(24).toString('hex'),
    PHOENIX_LISTEN: agent,
    PHOENIX_PUBLIC_URL: `http://${agent}`,
    PHOENIX_DATA_DIR: join(dir, 'phoenix-data'),
    PHOENIX_LAB: dir,
    FORGE: `${forge}/phoenix/config`,
    REPOSITORY: `${forge.replace('//', `//${PEOPLE[0]}:${token}@`)}/phoenix/config.git`,
  };
  writeFileSync(path, labSettingsText(settings), { mode: 0o600, flag: 'wx' });
  return settings;
}
