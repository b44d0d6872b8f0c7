// The program pveam: container templates. A new lab has no index of downloadable templates, like a node before `pveam update`.
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Answer } from '../answer.ts';
import { answer, newCall, print, task, type Verb } from '../call.ts';
import { type LabNode, pathOf } from '../node.ts';
import { refuse, refuseParameters } from '../refusal.ts';
import { storageContent } from './content.ts';
import { checkAccess, enabledStorage, pathOfVolume } from './storage.ts';

const INDEX = '/var/lib/pve-manager/apl-info';
const SOURCES = ['download.proxmox.com', 'releases.turnkeylinux.org'];

/** Names of templates in the index; empty without one. */
const indexed = (node: LabNode): string[] =>
  SOURCES.flatMap((source) =>
    existsSync(pathOf(node, join(INDEX, source)))
      ? ['debian-12-standard_12.7-1_amd64.tar.zst', 'ubuntu-24.04-standard_24.04-2_amd64.tar.zst']
      : [],
  ).slice(0, 2);

const VERBS: Record<string, Verb> = {
  'pveam update': (call) => {
    for (const source of SOURCES) {
      const file = pathOf(call.node, join(INDEX, source));
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, '');
    }
    print(call, 'update successful');
    return undefined;
  },
  'pveam available': (call, { section }) => {
    for (const source of SOURCES) {
      const file = join(INDEX, source);
      if (!existsSync(pathOf(call.node, file)))
        call.stderr += `unable to open file '${file}' - No such file or directory\n`;
    }
    if (section === undefined || section === 'system')
      for (const template of indexed(call.node)) print(call, `${'system'.padEnd(15)} ${template.padEnd(60)} amd64`);
    return undefined;
  },
  'pveam list': (call, { storage }) => {
    const { content } = enabledStorage(call.node, String(storage));
    if (!content.has('vztmpl')) refuse('Storage does not support templates!');
    print(call, `${'NAME'.padEnd(60)} ${'SIZE'.padEnd(6)}`);
    for (const { volid, size } of storageContent(call.node, String(storage), { content: 'vztmpl' }))
      print(call, `${volid.padEnd(60)} ${(size / 1024 ** 2).toFixed(2)}MB`);
    return undefined;
  },
  'pveam remove': (call, { template_path: template }) => {
    checkAccess(call.node, String(template), 'vztmpl');
    rmSync(pathOf(call.node, pathOfVolume(call.node, String(template))), { force: true });
    return undefined;
  },
  'pveam download': (call, { storage, template }) => {
    if (!indexed(call.node).includes(String(template))) refuseParameters({ template: `no such template` });
    const { content } = enabledStorage(call.node, String(storage));
    if (!content.has('vztmpl')) refuse(`storage '${storage}' does not support templates`);
    const file = pathOf(call.node, pathOfVolume(call.node, `${storage}:vztmpl/${template}`));
    task(
      call,
      'download',
      String(template),
      () => {
        mkdirSync(dirname(file), { recursive: true });
        if (!existsSync(file)) writeFileSync(file, '');
      },
      'print',
    );
    return undefined;
  },
};

/** Answers a call of `pveam`. */
export function pveam(node: LabNode, argv: readonly string[]): Answer {
  return answer(newCall(node), 'pveam', argv, VERBS);
}
