// Provides a configuration's prerequisites on a lab host: pools, storages, template files, images, devices, and a Portainer that people start.

import { existsSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  createLab,
  declareNode,
  declareStorage,
  manageBy,
  providePool,
  runPortainerByHand,
  setUpCeph,
} from 'phoenix-lab/host';
import type { Config } from '../../managers/config.ts';
import { imagePath } from '../../managers/guest/lifecycle/source.ts';
import type { OptionValue } from '../../managers/guest/options/option.ts';
import { type LxcSpec, lxcTargets } from '../../managers/lxc/lxc-spec.ts';
import { type ServerSpec, serverTarget } from '../../managers/portainer/server/server-spec.ts';
import { parseReference } from '../../model/secret-bounds.ts';
import { readOption } from '../../proxmox/guests/option-meaning.ts';
import { archiveOf, fileVolume } from '../../proxmox/storages/files.ts';
import { standInOf } from './supply-secrets.ts';

/** Creates the lab in `dir` if needed and adds what is missing. Existing objects are unchanged. */
export function supplyLab(dir: string, config: Config): void {
  createLab(dir);
  const { name, address, gateway } = config.hypervisor.network;
  if (address !== null) manageBy(dir, { name, address, gateway });
  for (const { name, raidLevel, disks } of config.hypervisor.zfs.pools) providePool(dir, name, raidLevel, disks);
  for (const { id, type, contents, dataset, ownTarget } of config.hypervisor.storages) {
    // Storages on datasets and those with own targets are created by the plan.
    if (dataset !== null || ownTarget === true) continue;
    declareStorage(dir, {
      id,
      type: type ?? 'dir',
      content: contents ?? ['images', 'rootdir', 'vztmpl', 'iso'],
    });
  }
  if ((config.datacenter?.get('cephpool') ?? []).length > 0) setUpCeph(dir);
  for (const node of otherNodes(config)) declareNode(dir, node);
  // Where it is installed.
  if (config.hypervisor.network.ovs !== undefined) provide(join(dir, 'usr/bin/ovs-vsctl'), 0);
  provideDriver(dir, config);
  const downloaded = downloadedFiles(config);
  const given = (paths: readonly string[]): string[] => paths.filter((path) => !downloaded.has(path));
  for (const path of given(filesOf(config))) provide(join(dir, path), 0);
  for (const path of given(imagesOf(config))) provide(join(dir, path), IMAGE_BYTES);
  providePortainer(dir, config);
}

/** Where no stack of its VM starts Portainer, people do: with the administrator that is declared, whose password is a stand-in. */
function providePortainer(dir: string, config: Config): void {
  for (const { spec } of serverTarget(config)) {
    const { service, admin, stack } = spec as ServerSpec;
    const parsed = admin.password === null ? null : parseReference(admin.password.$secret);
    if (stack !== null || parsed === null) continue;
    const password = standInOf(parsed.scheme === 'env' ? parsed.name : parsed.path, 'admin_password');
    runPortainerByHand(dir, service.vm, { port: service.port, user: admin.user, password });
  }
}

/** Downloads come from the lab's own server. */
function downloadedFiles({ datacenter }: Config): ReadonlySet<string> {
  const volumes = (datacenter?.get('download') ?? []).map(({ options: { storage, content, filename } }) =>
    fileVolume(String(storage), String(content), String(filename)),
  );
  return new Set(volumes.map((volume) => fileOfImage(volume) ?? templateFile(volume)));
}

/** Nodes named in HA rules and replication. */
function otherNodes({ datacenter }: Config): string[] {
  const named = (kind: string, option: string) =>
    (datacenter?.get(kind) ?? []).flatMap(({ options }) => [options[option] ?? []].flat().map(String));
  return [...named('replication', 'target'), ...named('harule', 'nodes').map((node) => node.split(':')[0] ?? '')];
}

/** A manually installed driver, with its module version. */
function provideDriver(dir: string, { hypervisor: { nvidia } }: Config): void {
  const file = join(dir, 'proc/driver/nvidia/version');
  if (nvidia === null || existsSync(file)) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `NVRM version: NVIDIA UNIX x86_64 Kernel Module  ${nvidia.version}  Release Build\n`);
}

/** Typical size of an unpacked cloud image. */
const IMAGE_BYTES = 3.5 * 1024 ** 3;

function imagesOf(config: Config): string[] {
  // Downloads come from the lab's own server.
  return config.vm.flatMap(({ templateImage, templateImageUrl, importFrom, iso, disks }) => [
    ...(templateImage === null || templateImageUrl !== null ? [] : [imagePath(templateImage)]),
    ...[importFrom, iso, ...disks.flatMap((disk) => [disk.iso, disk.import_from])].flatMap((image) =>
      image === null ? [] : (fileOfImage(image) ?? []),
    ),
  ]);
}

/** Path of an image given by path or volume id; null if it is not a file. */
function fileOfImage(image: string): string | null {
  const [, storage = '', content, file] = /^([^/:]+):(iso|import)\/(.+)$/.exec(archiveOf(image)) ?? [];
  if (content === undefined) return image.startsWith('/') ? image : null;
  const folder = storage === 'local' ? '/var/lib/vz' : `/mnt/${storage}`;
  return `${folder}/${content === 'iso' ? 'template/iso' : 'import'}/${file}`;
}

/** Files expected on the host. In a lab they are empty, since nothing reads them. */
function filesOf(config: Config): string[] {
  const templates = config.lxc.flatMap(({ template }) => (template === null ? [] : [templateFile(template)]));
  const specs = lxcTargets(config).map(({ spec }) => spec as LxcSpec);
  const devices = specs.flatMap((spec) => spec.devices.map(({ path }) => path));
  const named = specs.flatMap(({ options }) =>
    Object.entries(options).flatMap(([option, value]) => (/^dev\d+$/.test(option) ? deviceIn(value) : [])),
  );
  const hooks = specs.flatMap(({ hookscript, options }) => [hookscript, options['hookscript']].flatMap(snippetFile));
  return [...templates, ...devices, ...named, ...hooks];
}

/** The device of an option such as `dev0`. */
function deviceIn(value: OptionValue): string[] {
  const path = typeof value === 'string' ? readOption('lxc', 'dev0', value)?.['path'] : value['path'];
  return path === undefined ? [] : [path];
}

function snippetFile(script: OptionValue | null | undefined): string[] {
  const [, storage, file] = /^([^/:]+):snippets\/(.+)$/.exec(typeof script === 'string' ? script : '') ?? [];
  if (storage === undefined) return [];
  return [storage === 'local' ? `/var/lib/vz/snippets/${file}` : `/mnt/${storage}/snippets/${file}`];
}

/** Path of a template given by volume id or absolute path. */
function templateFile(template: string): string {
  const [, storage = '', file = ''] = /^([^/:]+):vztmpl\/(.+)$/.exec(template) ?? [];
  if (storage === '') return template;
  return storage === 'local' ? `/var/lib/vz/template/cache/${file}` : `/mnt/${storage}/template/cache/${file}`;
}

/** Creates a sparse file. */
function provide(path: string, size: number): void {
  if (existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '', { mode: path.includes('/snippets/') ? 0o755 : 0o644 });
  truncateSync(path, size);
}
