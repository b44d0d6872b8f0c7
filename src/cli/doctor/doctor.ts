// `phoenix doctor`: checks the agent's requirements, one line each.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRedactor } from '../../io/redact.ts';
import { AT_WORK } from '../../messages/terminal/at-work.ts';
import { paint, type Style } from '../../messages/terminal/paint.ts';
import { type Settings, secretsOf } from '../../settings.ts';
import { colours, EXIT, type Io, noteProgress } from '../io.ts';
import { openHostOf } from '../rehearse/open-host.ts';
import { checkChannels } from './channels.ts';
import {
  checkClock,
  checkForge,
  checkHost,
  checkRedis,
  checkRepository,
  checkSettings,
  failed,
  ok,
  reasonOf,
} from './checks.ts';
import type { Diagnostic } from './diagnostic.ts';
import { checkGuests, readDeclared } from './guest-files.ts';
import { checkPublicPages } from './public-pages.ts';
import { checkWebhook } from './webhook.ts';

const STYLES: Record<Diagnostic['state'], Style> = { ok: 'green', warning: 'yellow', failed: 'red', skipped: 'yellow' };

/** Default of `answerMs` below. */
const ANSWER_MS = 8_000;

/**
 * Exits with 0 if nothing failed, 1 for wrong settings, 3 for a missing requirement.
 *
 * @param answerMs how long a check waits for Redis, the repository or the clock of the forge
 */
export async function doctor(
  { json, answerMs = ANSWER_MS }: { readonly json: boolean; readonly answerMs?: number },
  io: Io,
): Promise<number> {
  const { settings, diagnostics: first } = checkSettings(io);
  const diagnostics: Diagnostic[] = [...first];
  if (settings !== null) {
    if (settings.webhookSecret !== null) diagnostics.push(ok('webhook', 'its secret is set'));
    noteProgress(io, AT_WORK.checks);
    const found = await Promise.all([
      checkRedis(settings, answerMs),
      checkRepository(settings, answerMs),
      checkForge(settings),
      hostOf(settings, io, answerMs),
      checkClock(settings, answerMs),
      checkPublicPages(settings),
      checkWebhook(settings, io),
      checkChannels(settings, io),
    ]);
    diagnostics.push(...found.flat());
  }
  const wrong = diagnostics.filter(({ state }) => state === 'failed');
  if (json) io.verbatim(`${JSON.stringify({ ok: wrong.length === 0, checks: diagnostics })}\n`);
  else {
    const text = diagnostics.map((diagnostic) => diagnosticText(diagnostic, colours(io, 'stdout'))).join('');
    io.stdout(text);
  }
  if (wrong.length === 0) return EXIT.done;
  return wrong.every(({ check }) => check === 'settings') ? EXIT.no : EXIT.missing;
}

async function hostOf(settings: Settings, io: Io, answerMs: number): Promise<readonly Diagnostic[]> {
  const redactor = openRedactor();
  for (const known of secretsOf(settings)) redactor.add(known.expose());
  // A temporary lab host, to avoid interfering with that of an agent.
  const scratch = settings.host.kind === 'lab' ? await mkdtemp(join(tmpdir(), 'phoenix-doctor-')) : null;
  try {
    const repository = { blob: () => Promise.reject(new Error('nothing is read from the repository here')) };
    const place = scratch === null ? settings : { ...settings, dataDir: scratch };
    const parts = { node: settings.node, environment: io.env, repository, redactor, labPrograms: 'here' } as const;
    return await checkHost(
      (advise) => openHostOf(place, { ...parts, advise }),
      (host) => checkGuests(host, () => readDeclared(settings, answerMs)),
    );
  } catch (error) {
    const remedy =
      settings.host.kind === 'ssh' ? 'start the node and its SSH server, or correct PHOENIX_HOST' : 'see PHOENIX_HOST';
    return [failed('host', reasonOf(error), remedy)];
  } finally {
    if (scratch !== null) await rm(scratch, { recursive: true, force: true });
  }
}

function diagnosticText({ check, state, message, hint }: Diagnostic, coloured: boolean): string {
  const line = `${paint(state.padEnd(7), STYLES[state], coloured)} ${check}: ${message}\n`;
  return hint === null ? line : `${line}        ${hint}\n`;
}
