// The schema of a raw line of a container's file, `lxc.mount.auto: sys:rw`. Only keys that Proxmox preserves are accepted: it drops all others at its
// next write.

import * as text from '../../config/schema/text.ts';
import { type RawKey, rawKey } from '../../proxmox/guests/raw-lines.ts';

const EXPECT_LINE = 'must be a raw line such as lxc.mount.auto: sys:rw';

export const rawLine = text
  .line(4096)
  .regex(/^lxc\.[a-z0-9_.-]+\s*[=:]\s*(\S.*)?$/, EXPECT_LINE)
  .superRefine((line, context) => {
    const key = /^lxc\.[a-z0-9_.-]+/.exec(line)?.[0];
    const message = key === undefined ? null : (fault(key, rawKey(key)) ?? variableFault(key, line));
    if (message !== null) context.addIssue({ code: 'custom', message });
  });

/** Proxmox reads these lines as its option `env`, and shows no container with another form of it. (pve-container, PVE/LXC/Config.pm, confdesc) */
function variableFault(key: string, line: string): string | null {
  if (key !== 'lxc.environment.runtime' || /^[^=:]+[=:]\s*\w+=/.test(line)) return null;
  return 'must hold a variable with its value, such as lxc.environment.runtime: LANG=C.UTF-8; see also "env"';
}

function fault(key: string, known: RawKey): string | null {
  switch (known.kind) {
    case 'kept':
    case 'deprecated':
      return null;
    case 'renamed':
      return `must say ${known.to}: LXC calls ${key} so since version 3, and refuses the old name`;
    case 'refused':
      return `must not hold ${key}: ${known.why}`;
    case 'unknown':
      return `must hold a key that Proxmox keeps: it would drop ${key} the next time it writes the file`;
    default:
      return known satisfies never;
  }
}
