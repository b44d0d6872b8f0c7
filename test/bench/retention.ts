// Memory and disk use of Redis after more and more runs: a private Redis, as Phoenix starts it.

import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { startRedis } from '../../src/io/redis-server.ts';
import { openTestLedger } from '../support/agent/agent.ts';
import { pushRuns } from '../support/redis/many-runs.ts';
import type { Line, Measurement } from './report.ts';

const STAGES = [2_500, 5_000, 10_000] as const;
const GROWTH = 1.1;
const MAX_DISK_MB = 48;

export async function measureRetention(): Promise<Measurement> {
  const folder = await mkdtemp(join(tmpdir(), 'phoenix-bench-'));
  const server = await startRedis(folder, { ended: () => {}, full: () => {}, lost: () => {} });
  const ledger = openTestLedger(server.url);
  const redis = new Redis({ path: server.url.slice('unix://'.length) });
  try {
    const found: { readonly keys: number; readonly memory_mb: number; readonly diskMb: number }[] = [];
    let runs = 0;
    for (const stage of STAGES) {
      await pushRuns(ledger, runs + 1, stage - runs);
      runs = stage;
      const memory = /used_memory_dataset:(\d+)/.exec(await redis.info('memory'))?.[1];
      found.push({ keys: await redis.dbsize(), memory_mb: Number(memory) / 1e6, diskMb: (await sizeOf(folder)) / 1e6 });
    }
    const [, middle, last] = found;
    return {
      title: 'Redis after many runs',
      about:
        'Pushes of one step each, with output and two reports that the forge took, recorded by the functions of the ledger.',
      lines: found.map(({ keys, memory_mb, diskMb }, index): Line => {
        const isLast = index === found.length - 1 && middle !== undefined && last !== undefined;
        const met = isLast && last.keys <= middle.keys * GROWTH && last.memory_mb <= middle.memory_mb * GROWTH;
        return {
          what: `${(STAGES[index] ?? 0).toLocaleString('en')} runs: keys, memory, disk`,
          measured: `${keys}, ${memory_mb.toFixed(1)} MB, ${diskMb.toFixed(1)} MB`,
          goal: isLast
            ? { text: `as after half of them, disk ≤ ${MAX_DISK_MB} MB`, met: met && diskMb <= MAX_DISK_MB }
            : null,
        };
      }),
    };
  } finally {
    redis.disconnect();
    await ledger.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function sizeOf(folder: string): Promise<number> {
  const files = await readdir(folder, { recursive: true });
  const sizes = await Promise.all(files.map((file) => stat(join(folder, file)).catch(() => null)));
  return sizes.reduce((sum, each) => sum + (each?.isFile() ? each.size : 0), 0);
}
