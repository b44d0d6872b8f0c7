// Effects of scripts that are piped into a guest's shell. A lab does not execute them: for those that Phoenix ships, it creates the files and units
// that the guest's services need afterwards, as the real programs would.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { addressesOf } from '../network/machines.ts';
import type { Inside } from '../proxmox/guest/place.ts';
import type { Tree } from '../tree/tree.ts';
import { PROGRAM as DOCKER } from './docker/state.ts';
import { initAuthority } from './step-ca.ts';
import { startTraefik } from './traefik/unit.ts';
import { enable, switchUnit } from './units.ts';

/** Inputs of a script: its exported variables, and the guest's own addresses. */
interface ScriptInputs {
  readonly variables: Readonly<Record<string, string>>;
  readonly addresses: readonly string[];
}

type Effect = (tree: Tree, inputs: ScriptInputs) => void;

/** Effects by the call in the script that causes them. */
const EFFECTS: readonly (readonly [call: RegExp, effect: Effect])[] = [
  [/\bstep ca init\b/, initStepCa],
  [/^\s*apt-get install .*\bnginx$/m, (tree) => put(tree, '/etc/nginx/nginx.conf', NGINX_CONF)],
  [/^\s*apt-get install .*\bdocker-ce\b/m, (tree) => put(tree, DOCKER, '')],
  [/^\s*mountpoint -q .* mount /m, mountByNfs],
];

function initStepCa(tree: Tree, { variables, addresses }: ScriptInputs): void {
  const { CA_ROOT_NAME: name = 'Lab', CA_DNS_NAME: dnsName = 'ca', CA_PROVISIONER: provisioner = 'admin' } = variables;
  initAuthority(tree, { name, dnsName, provisioner, addresses });
}

/** Writes the lines of `/etc/fstab`, from which the lab makes the node's folders visible in the guest. */
function mountByNfs(tree: Tree, { variables }: ScriptInputs): void {
  const lines = (variables['NFS_VOLUMES'] ?? '').split('\n').filter((line) => line.trim() !== '');
  put(tree, '/etc/fstab', lines.map((line) => `${line.trim()} nfs defaults,_netdev,nofail,x-phoenix 0 0\n`).join(''));
}

/** nginx.conf of Debian's package, reduced to what a lab reads. */
const NGINX_CONF = `events {}
http {
  include /etc/nginx/conf.d/*.conf;
  include /etc/nginx/sites-enabled/*;
}
`;

/** @param text the complete script, with its exports */
export function applyEffects(inside: Inside, tree: Tree, text: string): void {
  const exports = text.matchAll(/^export (\w+)='((?:[^']|'\\'')*)'$/gm);
  const variables = Object.fromEntries(
    [...exports].map(([, name = '', value = '']) => [name, value.replaceAll("'\\''", "'")]),
  );
  const addresses = addressesOf(inside.node, inside.id);
  for (const [call, effect] of EFFECTS) if (call.test(text)) effect(tree, { variables, addresses });
  for (const [, path = '', , content = ''] of text.matchAll(/^cat >(\/\S+) <<'(\w+)'\n(.*?)^\2$/gms)) {
    const isOnce = text.includes(`if [ ! -f ${path} ]; then\ncat >${path} `);
    if (!isOnce || !existsSync(tree.at(path))) put(tree, path, content);
  }
  for (const [, name = ''] of text.matchAll(/^\s*systemctl enable (?:--now )?([\w-]+)$/gm)) {
    enable(inside, name, true);
    switchUnit(inside, name, true);
    if (name === 'traefik') startTraefik(inside);
  }
}

function put(tree: Tree, path: string, text: string): void {
  mkdirSync(dirname(tree.at(path)), { recursive: true });
  writeFileSync(tree.at(path), text);
}
