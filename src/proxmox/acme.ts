// ACME accounts and plugins (proxmox-acme; pve-manager, PVE/API2/ACMEAccount.pm and ACMEPlugin.pm). Proxmox stores both with their keys in private
// files: this reads them without the keys.

import { type Options, parseSections, withSwitches } from './files/section-config.ts';

const FOLDER = '/etc/pve/priv/acme';
export const ACME_PLUGINS_FILE = `${FOLDER}/plugins.cfg`;
export const ACME_ACCOUNTS_FOLDER = FOLDER;

/** sed expression that removes the credentials for DNS providers. */
export const WITHOUT_DATA = '/^[[:space:]]*data[[:space:]]/d';

/** The built-in plugin. */
export const STANDALONE = 'standalone';

export const DEFAULT_DIRECTORY = 'https://acme-v02.api.letsencrypt.org/directory';

/** Name of a deactivated account until its file is removed. */
export const DEACTIVATED = /^_deactivated_/;

const COMMON = ['disable', 'nodes'];

export const ACME_PLUGIN_TYPES = {
  dns: { required: ['api'], optional: [...COMMON, 'validation-delay'], fixed: ['type'] },
  standalone: { required: [], optional: COMMON, fixed: ['type'] },
} as const;

export function parsePlugins(text: string): ReadonlyMap<string, Options> {
  return new Map(
    [...parseSections(text)].map(([id, { type, options }]) => [
      id,
      { ...withSwitches(options, 'POST /cluster/acme/plugins'), type: [type] },
    ]),
  );
}

/** An account as shown by `pvesh get`, without its key. */
export interface ShownAccount {
  readonly account?: { readonly contact?: readonly string[]; readonly status?: string };
  readonly directory?: string;
  readonly location?: string;
  readonly tos?: string;
}

/** The options of the call that creates the account. */
export function accountOptions({ account, directory, tos }: ShownAccount): Options {
  const contact = (account?.contact ?? []).map((address) => address.replace(/^mailto:/, ''));
  return {
    ...(contact.length === 0 ? {} : { contact: [contact.join(',')] }),
    directory: [directory ?? DEFAULT_DIRECTORY],
    ...(tos === undefined || tos === null ? {} : { tos_url: [tos] }),
  };
}
