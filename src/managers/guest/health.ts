// The health check of a guest, from its declaration.

import { nameOf } from '../../model/ids.ts';
import type { HealthProbe, Wanted } from '../manager.ts';
import type { GuestSpec } from './guest-spec.ts';
import { guestName, type Program, runInside } from './proxmox/command.ts';

/** Null where none is declared, or where the guest's final state is not running. */
export function guestHealth(program: Program, wanted: Wanted<GuestSpec>): HealthProbe | null {
  const spec = wanted.spec;
  const health = spec?.health ?? null;
  if (spec === undefined || health === null || spec.final !== 'running') return null;
  const id = Number(nameOf(wanted.target));
  const { path, blob, argv, retries, intervalSeconds, timeoutSeconds } = health;
  if (path !== null && blob === null) return null;
  const command =
    blob === null
      ? runInside(program, id, argv, timeoutSeconds)
      : runInside(program, id, ['/bin/sh', '-s', '--', ...argv], timeoutSeconds, { from: 'blob', blob });
  return { summary: `check the health of ${guestName(program, id)}`, command, retries, intervalSeconds };
}
