// The real Traefik, where installed: started on free ports with files of a test, and queried by its API.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '../../src/model/json.ts';
import { findProgram, freePort, start } from '../support/programs.ts';
import { until } from '../support/until.ts';

export const TRAEFIK = findProgram('traefik', 'PHOENIX_TEST_TRAEFIK');

interface ElementStatus {
  readonly status: string;
  readonly error?: readonly string[];
}

/** Traefik's messages about its elements, by `section/name`, without the provider in the name. */
export type Elements = ReadonlyMap<string, ElementStatus>;

export interface Traefik {
  /** Entry point `web`, on this machine. */
  readonly web: number;
  log(): string;
  close(): Promise<void>;
}

/** Starts with a folder of dynamic files, by name; `elementsOf` returns what was read. */
export async function openTraefik(
  files: Readonly<Record<string, JsonObject>>,
  entryPoints: readonly string[] = ['web'],
): Promise<Traefik & { readonly api: number }> {
  const dir = mkdtempSync(join(tmpdir(), 'phoenix-traefik-'));
  const names = [...entryPoints, 'traefik'];
  const ports = await Promise.all(names.map(freePort));
  const [web = 0, api = 0] = [ports[0], ports.at(-1)];
  const fixed = {
    entryPoints: Object.fromEntries(names.map((name, at) => [name, { address: `127.0.0.1:${ports[at]}` }])),
    providers: { file: { directory: join(dir, 'dynamic'), watch: false } },
    api: { insecure: true },
    ping: {},
    log: { level: 'INFO' },
    global: { checkNewVersion: false, sendAnonymousUsage: false },
  };
  mkdirSync(join(dir, 'dynamic'));
  // JSON is YAML.
  writeFileSync(join(dir, 'traefik.yml'), JSON.stringify(fixed));
  for (const [name, file] of Object.entries(files)) writeFileSync(join(dir, 'dynamic', name), JSON.stringify(file));
  const traefik = start(TRAEFIK ?? 'traefik', [`--configFile=${join(dir, 'traefik.yml')}`]);
  const close = async (): Promise<void> => {
    await traefik.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await until(() => answers(`http://127.0.0.1:${api}/ping`));
  } catch (error) {
    await close();
    throw new Error(`Traefik does not come up:\n${traefik.output()}`, { cause: error });
  }
  return { web, api, log: traefik.output, close };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

/** Waits for an element, by `section/name`, and returns all. */
export async function elementsOf(api: number, awaited: string): Promise<Elements> {
  let elements: Elements = new Map();
  await until(async () => {
    const answer = await fetch(`http://127.0.0.1:${api}/api/rawdata`);
    const raw = (await answer.json()) as Record<string, Record<string, ElementStatus> | undefined>;
    elements = new Map(
      ['routers', 'services', 'middlewares'].flatMap((section) =>
        Object.entries(raw[section] ?? {})
          .filter(([name]) => name.endsWith('@file'))
          .map(([name, element]) => [`${section}/${name.replace(/@file$/, '')}`, element] as const),
      ),
    );
    return elements.has(awaited);
  }, `${awaited} of Traefik`);
  return elements;
}
