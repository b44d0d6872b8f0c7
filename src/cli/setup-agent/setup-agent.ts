// `phoenix setup-agent`: the settings of the agent from a few answers. It writes them and the forge's token where the service reads them,
// makes the webhook where the forge lets it, and ends as `phoenix doctor` does. Called again it keeps what is there.

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseEnv } from 'node:util';
import { certificateSentence } from '../../io/authorities.ts';
import { ensureHook } from '../../io/forge/doctor/ensure-hook.ts';
import { openRedactor } from '../../io/redact.ts';
import { writeWhole } from '../../io/whole-file.ts';
import { ASKED, answersMissing, SETUP, whereTokensAreMade } from '../../messages/setup-agent.ts';
import type { Settings } from '../../settings.ts';
import { BOXES, namesOf } from '../doctor/boxes.ts';
import { doctor } from '../doctor/doctor.ts';
import { EXIT, type Io } from '../io.ts';
import { agentSettings } from '../read-settings.ts';
import { forgeOptions } from '../rehearse/open-host.ts';
import { isPlain, withVariables } from './env-file.ts';

export interface SetupAgentArgs {
  /** The file that the service reads; its secrets lie beside it. */
  readonly envFile?: string | undefined;
  readonly repoUrl?: string | undefined;
  readonly branch?: string | undefined;
  readonly forge?: string | undefined;
  readonly forgeApi?: string | undefined;
  /** A file with the token, which is copied. */
  readonly forgeTokenFile?: string | undefined;
  readonly publicUrl?: string | undefined;
}

/** Where install.sh and the Debian package put it. */
const ENV_FILE = '/etc/phoenix/env';
/** The address that the example has in place of one. */
const EXAMPLE = /^https:\/\/github\.com\/you\//;
const FORGES: Readonly<Record<string, string>> = {
  'github.com': 'github',
  'gitlab.com': 'gitlab',
  'codeberg.org': 'gitea',
  'gitea.com': 'gitea',
};

/** Resolves to the exit code: 1 for answers that are no settings, 2 for answers that are missing, else that of the doctor. */
export async function setupAgent(args: SetupAgentArgs, io: Io): Promise<number> {
  const file = args.envFile ?? ENV_FILE;
  const place = secretFiles(dirname(file));
  const before = (await textOf(file)) ?? '';
  const answered = await answersOf(args, parseEnv(before) as Readonly<Record<string, string>>, place, io);
  if ('missing' in answered) {
    io.stderr(`phoenix setup-agent: ${answersMissing(answered.missing)}\n`);
    return EXIT.usage;
  }
  const { values, token } = answered;
  const text = withVariables(before, values);
  const secrets = { ...(await secretsIn(place)), ...(token === null ? {} : { forgeToken: token }) };
  const unfit = [...values].flatMap(([name, value]) =>
    isPlain(value) ? [] : [`${name}: ${JSON.stringify(value)} has signs that no such value has`],
  );
  // Judged before anything is written, as the agent will read it.
  const { settings, problems } = agentSettings(environmentOf(text, secrets), { receiving: true });
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (unfit.length > 0 || errors.length > 0 || settings === null) {
    for (const line of unfit) io.stderr(`${line}\n`);
    for (const { message, hint } of errors) io.stderr(`${message}\n  ${hint}\n`);
    io.stderr('phoenix setup-agent: nothing was written; give other answers\n');
    return EXIT.no;
  }
  await writeSecrets(place, secrets, token !== null);
  if (text === before) io.stdout(SETUP.kept(file));
  else {
    await writeWhole(file, text, 0o600);
    io.stdout(SETUP.wrote(file));
  }
  await makeWebhook(settings, place.webhookSecret, io);
  io.stdout(SETUP.checking);
  const exit = await doctor({ json: false }, { ...io, env: { PATH: io.env['PATH'], ...environmentOf(text, secrets) } });
  io.stdout(exit === EXIT.done ? SETUP.start : SETUP.again);
  return exit;
}

type Answers =
  | { readonly values: ReadonlyMap<string, string>; readonly token: string | null }
  | { readonly missing: readonly string[] };

/** From the options, else what is set, else a person. `token` is null where it stays as it is. */
async function answersOf(
  args: SetupAgentArgs,
  set: Readonly<Record<string, string>>,
  place: SecretFiles,
  io: Io,
): Promise<Answers> {
  const missing: string[] = [];
  const answer = async (question: string, option: string, hidden = false): Promise<string> => {
    const said = (await io.ask?.(question, { hidden }))?.trim() ?? '';
    if (said === '') missing.push(option);
    return said;
  };
  const known = set['PHOENIX_REPO_URL'];
  const repoUrl =
    args.repoUrl ?? (known === undefined || EXAMPLE.test(known) ? await answer(ASKED.repoUrl, '--repo-url') : known);
  const isNew = repoUrl !== known;
  const host = URL.parse(repoUrl)?.hostname ?? '';
  const forge =
    args.forge ??
    (isNew
      ? (FORGES[host] ?? (await answer(ASKED.forge, '--forge')))
      : (set['PHOENIX_FORGE'] ?? FORGES[host] ?? 'none'));
  const values = new Map([
    ['PHOENIX_REPO_URL', repoUrl],
    ['PHOENIX_FORGE', forge],
  ]);
  if (args.branch !== undefined) values.set('PHOENIX_BRANCH', args.branch);
  if (args.forgeApi !== undefined) values.set('PHOENIX_FORGE_API', args.forgeApi);
  const asApp = set['PHOENIX_APP_ID'] !== undefined;
  let token: string | null = null;
  if (args.forgeTokenFile !== undefined) token = (await readFile(args.forgeTokenFile, 'utf8')).trim();
  else if (forge !== 'none' && !asApp && ((await textOf(place.forgeToken)) ?? '').trim() === '') {
    if (io.ask !== undefined) io.stdout(whereTokensAreMade(forge, repoUrl));
    token = await answer(ASKED.token, '--forge-token-file', true);
  }
  const publicUrl = args.publicUrl ?? set['PHOENIX_PUBLIC_URL'] ?? (await io.ask?.(ASKED.publicUrl))?.trim() ?? '';
  if (publicUrl !== '') values.set('PHOENIX_PUBLIC_URL', publicUrl);
  // The unit names the file of a token always; an empty name takes that back.
  if (forge === 'none') values.set('PHOENIX_FORGE_TOKEN_FILE', '');
  return missing.length > 0 ? { missing } : { values, token };
}

interface Secrets {
  readonly webhookSecret: string;
  readonly adminToken: string;
  readonly forgeToken: string;
}

type SecretFiles = { readonly [Name in keyof Secrets]: string };

/** As the unit names them (deploy/systemd/phoenix.service). */
function secretFiles(folder: string): SecretFiles {
  return {
    webhookSecret: join(folder, 'webhook-secret'),
    adminToken: join(folder, 'admin-token'),
    forgeToken: join(folder, 'forge-token'),
  };
}

/** Those that are there; the first two are made where they are not. */
async function secretsIn(place: SecretFiles): Promise<Secrets> {
  const [webhookSecret, adminToken, forgeToken] = await Promise.all(
    [place.webhookSecret, place.adminToken, place.forgeToken].map(async (path) => ((await textOf(path)) ?? '').trim()),
  );
  const random = () => randomBytes(32).toString('hex');
  return { webhookSecret: webhookSecret || random(), adminToken: adminToken || random(), forgeToken: forgeToken ?? '' };
}

async function writeSecrets(place: SecretFiles, secrets: Secrets, isNewToken: boolean): Promise<void> {
  for (const name of ['webhookSecret', 'adminToken'] as const) {
    if (((await textOf(place[name])) ?? '').trim() === '') await writeWhole(place[name], secrets[name], 0o600);
  }
  if (isNewToken || (await textOf(place.forgeToken)) === null)
    await writeWhole(place.forgeToken, secrets.forgeToken, 0o600);
}

/** What the service is given: the file, which goes first, and its secrets. */
function environmentOf(text: string, { webhookSecret, adminToken, forgeToken }: Secrets) {
  const values = parseEnv(text) as Readonly<Record<string, string>>;
  const own = {
    PHOENIX_WEBHOOK_SECRET: webhookSecret,
    PHOENIX_ADMIN_TOKEN: adminToken,
    PHOENIX_FORGE_TOKEN: forgeToken,
  };
  const unsaid = Object.entries(own).filter(
    ([name, value]) => value !== '' && values[name] === undefined && values[`${name}_FILE`] === undefined,
  );
  // An empty name of a file stands for none.
  const said = Object.entries(values).filter(([name, value]) => value !== '' || !name.endsWith('_FILE'));
  return Object.fromEntries([...unsaid, ...said]);
}

async function makeWebhook(settings: Settings, secretFile: string, io: Io): Promise<void> {
  const options = forgeOptions(settings, openRedactor());
  const { webhookSecret: secret } = settings;
  if (options === null || options.kind === 'none' || secret === null) return;
  if (options.login.as === 'app') return io.stdout(SETUP.app);
  if (settings.publicUrl === null) return io.stdout(SETUP.noAddress);
  const url = `${settings.publicUrl}/webhooks`;
  const boxes = BOXES[options.kind];
  try {
    const ended = await ensureHook(options, { url, secret: secret.expose(), events: boxes.map(({ event }) => event) });
    io.stdout(
      ended.done === 'refused' ? SETUP.noHook(ended.why, url, secretFile, namesOf(boxes)) : SETUP.hook(ended.done, url),
    );
  } catch (error) {
    // The doctor says more of a forge that does not answer.
    const why = certificateSentence(error) ?? (error instanceof Error ? error.message : String(error));
    io.stdout(SETUP.noHook(why, url, secretFile, namesOf(boxes)));
  }
}

async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
