// Installation of the NVIDIA driver on the node: download, installer and kernel module, as far as it is visible from outside.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { replaceFile } from '../proxmox/lock.ts';
import { pathOf } from '../proxmox/node.ts';
import type { Program } from '../proxmox/programs.ts';
import { failed, ok } from '../tree/tree.ts';
import { installed } from './packages.ts';

const INSTALLER = /^NVIDIA-Linux-x86_64-(\d+(?:\.\d+)+)\.run$/;
const CONTENT = 'the installer of the driver\n';
const MODULE = 'var/lib/lab/nvidia';

/** Answers `curl -fsSL --proto =https --output FILE URL` for installers of NVIDIA. */
export const curl: Program = (node, argv) => {
  const at = argv.indexOf('--output');
  const [file = '', url = ''] = [argv[at + 1], argv.at(-1)];
  if (at < 0 || !url.startsWith('https://'))
    return failed('curl: (1) Protocol not supported or disabled in libcurl', 1);
  if (!INSTALLER.test(basename(url))) return failed('curl: (22) The requested URL returned error: 404', 22);
  if (!existsSync(pathOf(node, dirname(file)))) return failed('curl: (23) Failure writing output to destination', 23);
  replaceFile(pathOf(node, file), CONTENT);
  return ok();
};

/** Answers `sh INSTALLER --check` and `sh INSTALLER --silent --dkms`. */
export const sh: Program = (node, [file = '', ...options]) => {
  const version = INSTALLER.exec(basename(file))?.[1];
  const path = pathOf(node, file);
  if (version === undefined || !existsSync(path)) return failed(`sh: 0: cannot open ${file}: No such file`, 2);
  if (readFileSync(path, 'utf8') !== CONTENT) return failed('Error in MD5 checksums: they are different');
  if (options.join(' ') === '--check') return ok('MD5 checksums are OK. All good.\n');
  const missing = ['gcc', 'make', 'dkms', 'proxmox-default-headers'].find((name) => !installed(node).has(name));
  if (!options.includes('--silent')) return failed('ERROR: nobody is here to answer');
  if (missing !== undefined) return failed(`ERROR: Unable to find ${missing}`);
  if (existsSync(pathOf(node, 'sys/module/nouveau/initstate'))) {
    return failed('ERROR: The Nouveau kernel driver is currently in use by your system.');
  }
  replaceFile(pathOf(node, MODULE), version);
  return ok('Installation of the kernel module is now complete.\n');
};

/** Answers `modprobe nvidia`. */
export const modprobe: Program = (node, argv) => {
  const module = argv.at(-1);
  const built = pathOf(node, MODULE);
  if (module !== 'nvidia' || !existsSync(built)) {
    return failed(`modprobe: FATAL: Module ${module} not found in directory /lib/modules/6.17.2-1-pve`);
  }
  const version = readFileSync(built, 'utf8');
  const text = `NVRM version: NVIDIA UNIX x86_64 Kernel Module  ${version}  Wed Jul 16 00:00:00 UTC 2025\n`;
  replaceFile(pathOf(node, 'proc/driver/nvidia/version'), text);
  return ok();
};

const FAILING = "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.";

/** Answers `nvidia-smi -L`. */
export const nvidiaSmi: Program = (node) =>
  existsSync(pathOf(node, 'proc/driver/nvidia/version'))
    ? ok('GPU 0: NVIDIA GeForce RTX 5060 Ti\n')
    : failed(FAILING, 9);

/** Answers `nvidia-modprobe -u -c=0`, which creates the devices. */
export const nvidiaModprobe: Program = (node) => {
  if (!existsSync(pathOf(node, 'proc/driver/nvidia/version'))) return failed('', 1);
  for (const name of ['nvidia0', 'nvidiactl', 'nvidia-uvm', 'nvidia-uvm-tools']) {
    const file = pathOf(node, `dev/${name}`);
    mkdirSync(dirname(file), { recursive: true });
    if (!existsSync(file)) writeFileSync(file, '');
  }
  return ok();
};
