// Concurrent changes of files by the lab's programs: a file is replaced as a whole, under a lock file at Proxmox's path.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const held = new Set<string>();

/** Blocks the thread: the lab's programs do one thing at a time. */
export function pause(milliseconds: number): void {
  if (milliseconds > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/**
 * Runs `change` under a lock file. The lock is reentrant, and the lock of a dead process is taken over.
 *
 * @returns the result, or undefined when the lock was held by others for all of `timeout` milliseconds
 */
export function withLock<T>(file: string, timeout: number, change: () => T): { result: T } | undefined {
  if (held.has(file)) return { result: change() };
  const deadline = Date.now() + timeout;
  while (!take(file)) {
    if (Date.now() >= deadline) return undefined;
    pause(10);
  }
  held.add(file);
  try {
    return { result: change() };
  } finally {
    held.delete(file);
    rmSync(file, { force: true });
  }
}

function take(file: string): boolean {
  mkdirSync(dirname(file), { recursive: true });
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    removeAbandoned(file);
    return false;
  }
}

/** Moves the lock of a dead process away; moves it back if another process has taken it meanwhile. */
function removeAbandoned(file: string): void {
  const aside = `${file}.${process.pid}`;
  try {
    const owner = readFileSync(file, 'utf8');
    if (!isGone(owner)) return;
    renameSync(file, aside);
    if (readFileSync(aside, 'utf8') !== owner) linkSync(aside, file);
    rmSync(aside, { force: true });
  } catch {
    // Another process was faster; the next attempt decides.
  }
}

function isGone(owner: string): boolean {
  const pid = Number(owner);
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}

/** Replaces a file atomically: readers see the old text or the new one. */
export function replaceFile(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  const written = `${file}.tmp.${process.pid}`;
  writeFileSync(written, text);
  renameSync(written, file);
}
