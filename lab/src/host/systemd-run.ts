// systemd-run of the node, for timers that start an existing unit. Time does not pass in a lab: to let a timer elapse, start its service.

import { existsSync } from 'node:fs';
import { replaceFile } from '../proxmox/lock.ts';
import { pathOf } from '../proxmox/node.ts';
import type { Program } from '../proxmox/programs.ts';
import { failed, ok } from '../tree/tree.ts';
import { fullName, isKnown, setState, TRANSIENT } from './units.ts';

/** Answers `systemd-run --on-active=SECONDS --unit=NAME [--collect] [--quiet]`. */
export const systemdRun: Program = (node, argv) => {
  const options = new Map(
    argv.map((word) => {
      const [, name = word, value = ''] = /^--([a-z-]+)(?:=(.*))?$/.exec(word) ?? [];
      return [name, value] as const;
    }),
  );
  const stray = [...options.keys()].find((name) => !['on-active', 'unit', 'collect', 'quiet'].includes(name));
  if (stray !== undefined) return failed(`systemd-run: ${stray} is not known here`);
  const seconds = options.get('on-active') ?? '';
  if (!/^\d+$/.test(seconds)) return failed(`Failed to parse timer value: ${seconds}`);
  const service = fullName(options.get('unit') ?? '');
  const timer = service.replace(/\.service$/, '.timer');
  if (!isKnown(node, service)) return failed(`Failed to start transient timer unit: Unit ${service} not found.`);
  const file = pathOf(node, `${TRANSIENT}/${timer}`);
  if (existsSync(file)) {
    return failed(`Failed to start transient timer unit: Unit ${timer} was already loaded or has a fragment file.`);
  }
  replaceFile(file, `[Timer]\nOnActiveSec=${seconds}\nUnit=${service}\n`);
  setState(node, timer, { active: true });
  return ok(`Running timer as unit: ${timer}\nWill run service as unit: ${service}\n`);
};
