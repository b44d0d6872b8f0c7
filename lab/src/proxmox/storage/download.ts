// Downloads of a storage by URL (`download-url`) or from a registry (`oci-registry-pull`). A lab has no internet access: every download has the
// expected content unless `lab.json` says otherwise. Files are sparse, and their checksums are recorded beside the volumes.

import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { FILE_CONTENTS } from '../../../../src/proxmox/storages/files.ts';
import { type Call, print, task } from '../call.ts';
import { replaceFile } from '../lock.ts';
import { type LabNode, pathOf } from '../node.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuse, refuseParameters } from '../refusal.ts';
import { enabledStorage, pathOfVolume } from './storage.ts';

/** The simulated content of a URL: null where there is no such file. `downloads` in `lab.json`, by URL. */
type Published = { readonly checksum?: string; readonly bytes?: number } | null;

/** Default size of a cloud image, unpacked. */
const USUAL_BYTES = 3.5 * 1024 ** 3;

/** Default size of an image from a registry. */
const USUAL_IMAGE_BYTES = 60 * 1024 ** 2;

/** `POST /nodes/{node}/storage/{storage}/download-url`. A failure of the task is printed and does not fail the call. */
export function downloadUrl(call: Call, parameters: Parameters): void {
  const { node } = call;
  const [id, content, url] = [String(parameters['storage']), String(parameters['content']), String(parameters['url'])];
  const storage = fileStorage(node, id);
  const name = normalised(String(parameters['filename']));
  const allowed = FILE_CONTENTS[content];
  if (allowed === undefined) refuseParameters({ content: `upload content-type '${content}' is not allowed` });
  if (!allowed?.pattern.test(name)) refuseParameters({ filename: allowed?.problem ?? '' });
  if (!storage.content.has(content)) refuse(`storage '${id}' is not configured for content-type '${content}'`);
  const shown = pathOfVolume(node, `${id}:${content}/${name}`);
  const checksum = parameters['checksum'];
  task(
    call,
    'download',
    name,
    () => fetchFile(call, { url, shown, checksum: checksum === undefined ? undefined : String(checksum) }, parameters),
    'print',
  );
}

/** `POST /nodes/{node}/storage/{storage}/oci-registry-pull`. Only a refusal before the task fails the call. */
export function pullImage(call: Call, parameters: Parameters): void {
  const { node } = call;
  const [id, reference] = [String(parameters['storage']), String(parameters['reference'])];
  const storage = fileStorage(node, id);
  if (!storage.content.has('vztmpl')) refuse(`storage '${id}' is not configured for content-type 'vztmpl'`);
  const name = `${normalised(String(parameters['filename'] ?? reference))}.tar`;
  const shown = pathOfVolume(node, `${id}:vztmpl/${name}`);
  if (existsSync(pathOf(node, shown))) refuse(`refusing to override existing file '${name}'`);
  const url = `docker://${reference}`;
  task(
    call,
    'ociregistrypull',
    name,
    () => {
      const published = publishedAt(node, url);
      if (published === null) refuse(`command 'skopeo copy ${url} oci-archive:${shown}.tmp' failed: exit code 1`);
      store(node, shown, published?.bytes ?? USUAL_IMAGE_BYTES);
    },
    'print',
  );
}

function fileStorage(node: LabNode, id: string) {
  const storage = enabledStorage(node, id);
  if (storage.family !== 'dir') refuse(`can't upload to storage type '${storage.type}', not a file based storage!`);
  return storage;
}

/** PVE::Storage, normalize_content_filename. */
function normalised(name: string): string {
  return name.replace(/^.*[/\\]/s, '').replaceAll(/[^-a-zA-Z0-9_.]/g, '_');
}

/** Creates a sparse file. */
function store(node: LabNode, shown: string, bytes: number): void {
  const path = pathOf(node, shown);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '');
  truncateSync(path, bytes);
}

function fetchFile(
  call: Call,
  wanted: { url: string; shown: string; checksum: string | undefined },
  { 'checksum-algorithm': algorithm = 'sha256' }: Parameters,
): void {
  const { node } = call;
  const { url, shown, checksum } = wanted;
  const path = pathOf(node, shown);
  print(call, `downloading ${url} to ${shown}`);
  if (existsSync(path)) {
    if (checksum === undefined) refuse(`refusing to override existing file '${shown}'`);
    const got = checksumOf(node, shown, String(algorithm));
    if (got !== checksum?.toLowerCase()) refuse(`checksum mismatch: got '${got}' != expect '${checksum}', aborting`);
    print(call, 'calculating checksum of existing file...OK, got correct file already, no need to download');
    return;
  }
  const published = publishedAt(node, url);
  if (published === null)
    refuse(`download failed: command 'wget --progress=dot:giga -O ${shown}.tmp ${url}' failed: exit code 8`);
  const got = published?.checksum ?? checksum?.toLowerCase() ?? createHash('sha256').update(url).digest('hex');
  if (checksum !== undefined) {
    if (got !== checksum.toLowerCase()) refuse(`checksum mismatch: got '${got}' != expect '${checksum}'`);
    print(call, 'calculating checksum...OK, checksum verified');
  }
  store(node, shown, published?.bytes ?? USUAL_BYTES);
  replaceFile(pathOf(node, NOTED), JSON.stringify({ ...noted(node), [shown]: got }));
  print(call, `download of '${url}' to '${shown}' finished`);
}

function publishedAt(node: LabNode, url: string): Published | undefined {
  const file = pathOf(node, 'lab.json');
  const orders: { downloads?: Readonly<Record<string, Published>> } = existsSync(file)
    ? JSON.parse(readFileSync(file, 'utf8'))
    : {};
  return orders.downloads?.[url];
}

/** Checksums of downloads, by path. */
const NOTED = 'var/lib/lab/downloads.json';

function noted(node: LabNode): Record<string, string> {
  const file = pathOf(node, NOTED);
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

function checksumOf(node: LabNode, shown: string, algorithm: string): string {
  const known = noted(node)[shown];
  if (known !== undefined) return known;
  const hash = createHash(algorithm);
  const file = openSync(pathOf(node, shown), 'r');
  const part = Buffer.alloc(1024 ** 2);
  for (let read = readSync(file, part); read > 0; read = readSync(file, part)) hash.update(part.subarray(0, read));
  closeSync(file);
  return hash.digest('hex');
}
