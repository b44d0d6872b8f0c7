// `phoenix doctor`: what the agent needs, one line each.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRedactor } from '../../io/redact.ts';
import { paint, type Style } from '../../say/paint.ts';
import { type Settings, secretsOf } from '../../settings.ts';
import { colours, EXIT, type Io } from '../io.ts';
import { openHostOf } from '../rehearse/outside.ts';
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
import type { Finding } from './finding.ts';
import { checkPublicPages } from './public-pages.ts';
import { checkWebhook } from './webhook.ts';

const STYLES: Record<Finding['state'], Style> = { ok: 'green', warning: 'yellow', failed: 'red', skipped: 'yellow' };

/** Ends with 0 when nothing failed, 1 when the settings are wrong, 3 when something that Phoenix needs is not there. */
export async function doctor({ json }: { readonly json: boolean }, io: Io): Promise<number> {
  const { settings, findings: first } = checkSettings(io);
  const findings: Finding[] = [...first];
  if (settings !== null) {
    if (settings.webhookSecret !== null) findings.push(ok('webhook', 'its secret is set'));
    const found = await Promise.all([
      checkRedis(settings),
      checkRepository(settings),
      checkForge(settings),
      hostOf(settings, io),
      checkClock(settings),
      checkPublicPages(settings),
      checkWebhook(settings, io),
    ]);
    findings.push(...found.flat());
  }
  const wrong = findings.filter(({ state }) => state === 'failed');
  if (json) io.stdout(`${JSON.stringify({ ok: wrong.length === 0, checks: findings })}\n`);
  else io.stdout(findings.map((finding) => findingText(finding, colours(io, 'stdout'))).join(''));
  if (wrong.length === 0) return EXIT.done;
  return wrong.every(({ check }) => check === 'settings') ? EXIT.no : EXIT.missing;
}

async function hostOf(settings: Settings, io: Io): Promise<readonly Finding[]> {
  const redactor = openRedactor();
  for (const known of secretsOf(settings)) redactor.add(known.expose());
  // A lab host is tried out beside the one that an agent may be using.
  const scratch = settings.host.kind === 'lab' ? await mkdtemp(join(tmpdir(), 'phoenix-doctor-')) : null;
  try {
    const repository = { blob: () => Promise.reject(new Error('nothing is read from the repository here')) };
    const place = scratch === null ? settings : { ...settings, dataDir: scratch };
    const parts = { node: settings.node, environment: io.env, repository, redactor };
    return await checkHost((advise) => openHostOf(place, { ...parts, advise }));
  } catch (error) {
    return [failed('host', reasonOf(error), 'see PHOENIX_HOST')];
  } finally {
    if (scratch !== null) await rm(scratch, { recursive: true, force: true });
  }
}

function findingText({ check, state, message, hint }: Finding, coloured: boolean): string {
  const line = `${paint(state.padEnd(7), STYLES[state], coloured)} ${check}: ${message}\n`;
  return hint === null ? line : `${line}        ${hint}\n`;
}
