// Plans the installation of the NVIDIA driver on the host: by NVIDIA's own installer, and rebuilt for every kernel by DKMS. Pure. It never reboots
// the host, and stops where a person has to act.

import type { Action } from '../../../model/action.ts';
import type { HostReader } from '../../manager.ts';
import { act, MARK, outputOf, run, textOf, write } from '../act.ts';

interface Driver {
  readonly version: string;
  /** Null: NVIDIA's download server. */
  readonly runfileUrl: string | null;
}

export interface SeenDriver {
  /** Version of the loaded kernel module; null for none. */
  readonly running: string | null;
  /** Whether the kernel's own driver, nouveau, uses the GPUs. */
  readonly nouveau: boolean;
  readonly blacklist: string | null;
  readonly unit: string | null;
  /** Whether the unit starts at boot. */
  readonly enabled: boolean;
}

export interface DriverPlan {
  readonly actions: readonly Action[];
  /** What a person has to do afterwards; null: nothing. */
  readonly afterwards: string | null;
}

const BLACKLIST = '/etc/modprobe.d/phoenix-nvidia.conf';
const BLACKLIST_TEXT = `${MARK}\nblacklist nouveau\noptions nouveau modeset=0\n`;
const UNIT = 'phoenix-nvidia.service';
const UNIT_FILE = `/etc/systemd/system/${UNIT}`;
/** Creates the device nodes at boot, for containers: the driver creates them only on first use of the GPUs. */
const UNIT_TEXT = `${MARK}
[Unit]
Description=Devices of the NVIDIA GPUs
Before=pve-guests.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/bin/nvidia-smi -L
ExecStart=/usr/bin/nvidia-modprobe -u -c=0

[Install]
WantedBy=multi-user.target
`;
const FOLDER = '/var/cache/phoenix';
const TOOLS = ['curl', 'gcc', 'make', 'dkms', 'proxmox-default-headers'];

/** Read-only. */
export async function observeDriver(host: HostReader): Promise<SeenDriver> {
  const [version, nouveau, blacklist, unit] = await Promise.all([
    textOf(host, '/proc/driver/nvidia/version'),
    textOf(host, '/sys/module/nouveau/initstate'),
    textOf(host, BLACKLIST),
    textOf(host, UNIT_FILE),
  ]);
  const running = /^NVRM version:.*?Kernel Module\D.*?\s(\d+(?:\.\d+)+)\s/m.exec(version ?? '')?.[1] ?? null;
  const enabled = await outputOf(host, 'systemctl', ['show', '--property=UnitFileState', UNIT]);
  return { running, nouveau: nouveau !== null, blacklist, unit, enabled: enabled.trim() === 'UnitFileState=enabled' };
}

export function planDriver({ version, runfileUrl }: Driver, seen: SeenDriver): DriverPlan {
  const asleep =
    seen.blacklist === BLACKLIST_TEXT
      ? []
      : [
          write('disable the kernel’s own driver for the GPUs', BLACKLIST, BLACKLIST_TEXT, seen.blacklist),
          act('rebuild the initramfs', slowly('update-initramfs', ['-u', '-k', 'all'])),
        ];
  if (seen.nouveau) {
    return {
      actions: asleep,
      afterwards: 'the kernel’s own driver has the GPUs: restart the host, and call this once more',
    };
  }
  const written =
    seen.unit === UNIT_TEXT
      ? []
      : [
          write('create the devices before the guests start', UNIT_FILE, UNIT_TEXT, seen.unit),
          act('have systemd read its units', run('systemctl', ['daemon-reload'])),
        ];
  const enable = act('create the devices, now and at every start', run('systemctl', ['enable', '--now', UNIT]));
  const devices = written.length === 0 && seen.enabled ? [] : [...written, enable];
  const installed = seen.running === version ? [] : installation(version, runfileUrl);
  return { actions: [...asleep, ...installed, ...devices], afterwards: null };
}

/** The installer verifies its own integrity. */
function installation(version: string, runfileUrl: string | null): Action[] {
  const name = `NVIDIA-Linux-x86_64-${version}.run`;
  const url = runfileUrl ?? `https://us.download.nvidia.com/XFree86/Linux-x86_64/${version}/${name}`;
  const file = `${FOLDER}/${name}`;
  const apt = ['-y', '-q', '--no-install-recommends', '-o', 'Dpkg::Lock::Timeout=300', 'install', ...TOOLS];
  return [
    act(`install ${TOOLS.join(', ')}`, slowly('apt-get', apt)),
    act(`create folder ${FOLDER}`, { kind: 'folder', path: FOLDER, uid: null, gid: null }),
    act(`fetch ${url}`, slowly('curl', ['-fsSL', '--proto', '=https', '--output', file, url])),
    act('check that the download is complete', run('sh', [file, '--check'], { timeoutSeconds: 600 })),
    act(`install NVIDIA driver ${version}`, slowly('sh', [file, '--silent', '--dkms'])),
    act('load the driver', run('modprobe', ['nvidia'])),
  ];
}

function slowly(program: string, args: readonly string[]) {
  return run(program, args, { timeoutSeconds: 3600 });
}
