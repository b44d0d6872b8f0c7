// Calls programs of the real machine: ip, nft, tar and lxc.

import { spawnSync } from 'node:child_process';
import { refuse } from '../proxmox/refusal.ts';

const LIMIT_MS = 120_000;

/** The real PATH, independent of the lab's. */
export const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const env = { PATH: SYSTEM_PATH };

/** Returns the output; fails with the program's error. */
export function call(program: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', timeout: LIMIT_MS, env });
  return status === 0
    ? stdout
    : refuse(`${program} ${args.join(' ')}: ${error?.message ?? (stderr.trim() || `exit ${status}`)}`);
}

/** Whether it succeeded. */
export function succeeds(program: string, ...args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore', timeout: LIMIT_MS, env }).status === 0;
}
