// APT repositories of the node by the API (pve-manager, PVE/API2/APT.pm; proxmox-rs, proxmox-apt/src/api.rs). A standard repository is recognised by
// its address alone: signatures are not checked.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import {
  APT_FOLDER,
  APT_MAIN_FILE,
  type AptFiles,
  printAptFile,
  readAptFiles,
  switched,
} from '../../../../src/proxmox/files/apt-repositories.ts';
import {
  APT_HANDLES,
  type AptHandle,
  isStandard,
  newStandard,
  suiteIn,
} from '../../../../src/proxmox/files/apt-standard.ts';
import { booleanOf } from '../../../../src/proxmox/parameters/perl.ts';
import type { Call } from '../call.ts';
import { replaceFile } from '../lock.ts';
import { type LabNode, pathOf } from '../node.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuse } from '../refusal.ts';

const TEMPLATE = '/nodes/{node}/apt/repositories';

/** Answers a call on them; undefined for any other call. */
export function aptCall(
  { node }: Call,
  method: string,
  template: string,
  parameters: Parameters,
): { readonly data: unknown } | undefined {
  const { digest } = parameters;
  if (template !== TEMPLATE) return undefined;
  const found = aptFiles(node);
  if (method === 'GET') return { data: shown(found, suiteOf(node)) };
  if (digest !== undefined && digest !== digestOf(found))
    refuse('detected modified configuration - file changed by other user? Try again.');
  if (method === 'PUT') add(node, found, String(parameters['handle']));
  else change(node, found, parameters);
  return { data: null };
}

function aptFiles(node: LabNode): AptFiles {
  const folder = pathOf(node, APT_FOLDER);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const paths = [APT_MAIN_FILE, ...names.map((name) => `${APT_FOLDER}/${name}`)].filter((path) =>
    existsSync(pathOf(node, path)),
  );
  return readAptFiles(new Map(paths.map((path) => [path, readFileSync(pathOf(node, path), 'utf8')])));
}

function suiteOf(node: LabNode): string {
  const file = pathOf(node, 'etc/os-release');
  const suite = existsSync(file) ? suiteIn(readFileSync(file, 'utf8')) : null;
  return suite ?? refuse("unable to parse codename from '/etc/os-release'");
}

/** The common digest of all files that could be parsed, in order. */
function digestOf({ files }: AptFiles): string {
  const whole = createHash('sha256');
  for (const { text } of files) whole.update(createHash('sha256').update(text).digest());
  return whole.digest('hex');
}

function shown(found: AptFiles, suite: string): unknown {
  const { files, errors } = found;
  const all = files.flatMap(({ repositories }) => repositories);
  return {
    files: files.map(({ path, repositories }) => ({
      path,
      'file-type': path.endsWith('.list') ? 'list' : 'sources',
      repositories: repositories.map(({ types, uris, suites, components, options, comment, enabled }) => ({
        Types: types,
        URIs: uris,
        Suites: suites,
        Components: components,
        Comment: comment,
        Options: options.map(([Key, Values]) => ({ Key, Values })),
        Enabled: enabled ? 1 : 0,
      })),
    })),
    errors: [...errors].map(([path, error]) => ({ path, error })),
    digest: digestOf(found),
    'standard-repos': APT_HANDLES.map((handle) => {
      const own = all.filter((repository) => isStandard(repository, handle, suite));
      return { handle, ...(own.length === 0 ? {} : { status: own.some(({ enabled }) => enabled) ? 1 : 0 }) };
    }),
  };
}

function add(node: LabNode, { files, errors }: AptFiles, handle: string): void {
  const suite = suiteOf(node);
  const known =
    APT_HANDLES.find((each) => each === handle) ??
    refuse(`no standard repository for handle '${handle}' on host product 'pve' and suite '${suite}'`);
  for (const { path, repositories } of files) {
    const index = repositories.findIndex((repository) => isStandard(repository, known, suite));
    const repository = repositories[index];
    if (repository === undefined) continue;
    const changed = repositories.with(index, switched(path, repository, true));
    if (!repository.enabled) replaceFile(pathOf(node, path), printAptFile(path, changed));
    return;
  }
  append(node, files, errors, known, suite);
}

function append(
  node: LabNode,
  files: AptFiles['files'],
  errors: AptFiles['errors'],
  handle: AptHandle,
  suite: string,
): void {
  const { path, repository } = newStandard(handle, suite);
  const error = errors.get(path);
  if (error !== undefined) refuse(`unable to parse existing file ${path} - ${error}`);
  const present = files.find((file) => file.path === path)?.repositories ?? [];
  replaceFile(pathOf(node, path), printAptFile(path, [...present, repository]));
}

function change(node: LabNode, { files, errors }: AptFiles, { path: given, index, enabled }: Parameters): void {
  const path = String(given);
  const error = errors.get(path);
  if (error !== undefined) refuse(`unable to parse file ${path} - ${error}`);
  const repositories = files.find((file) => file.path === path)?.repositories ?? refuse(`invalid path - ${path}`);
  const repository = repositories[Number(index)] ?? refuse(`invalid index - ${index}`);
  if (enabled === undefined) return;
  const changed = repositories.with(Number(index), switched(path, repository, booleanOf(String(enabled)) === '1'));
  replaceFile(pathOf(node, path), printAptFile(path, changed));
}
