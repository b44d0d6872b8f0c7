// The inputs of scripts, as environment variables. A feature gets only inputs of the environment, so that what a template has installed need not be
// installed again in its clones (except for what a server in it serves); a guest's own script also gets the guest's data.

import type { Config, Guest } from '../../config.ts';
import { vllmInputs } from './vllm.ts';

export type Inputs = Readonly<Record<string, string>>;

/** The inputs that every guest gets; computed once for a configuration, since it reads every guest. */
export function environmentInputs(config: Config): Inputs {
  const { domain, timezone, stepCa, nvidia } = config.hypervisor;
  return withoutNulls({
    DOMAIN: domain,
    TIMEZONE: timezone,
    CA_URL: caUrl(config),
    CA_ROOT_NAME: stepCa?.rootName ?? null,
    CA_DNS_NAME: stepCa?.dnsName ?? null,
    CA_PROVISIONER: stepCa?.provisionerName ?? null,
    NVIDIA_DRIVER_VERSION: nvidia?.version ?? null,
    NVIDIA_RUNFILE_URL: nvidia?.runfileUrl ?? null,
  });
}

export function inputsOf(guest: Guest, common: Inputs): { readonly environment: Inputs; readonly own: Inputs } {
  const lxc = guest.kind === 'lxc' ? guest : null;
  const special = withoutNulls({
    CA_URL: lxc?.bootstrapCaUrl ?? null,
    NVIDIA_DRIVER_VERSION: lxc?.nvidia?.driverVersion ?? null,
    NVIDIA_REPO_URL: lxc?.nvidia?.repositoryUrl ?? null,
    NVIDIA_RUNFILE_URL: lxc?.nvidia?.runfileUrl ?? null,
  });
  const engine = lxc?.vllm == null ? {} : vllmInputs(lxc.vllm);
  const environment = { ...common, ...special, ...withoutNulls(engine) };
  const vllm = lxc?.vllm == null ? null : JSON.stringify(lxc.vllm);
  const address = guest.network.ip?.includes('/') ? (guest.network.ip.split('/')[0] ?? null) : null;
  const own = withoutNulls({
    GUEST_ID: String(guest.id),
    GUEST_NAME: guest.name,
    GUEST_ADDRESS: address,
    VLLM_CONFIG: vllm,
  });
  return { environment, own: { ...environment, ...own } };
}

/** Cached, since every guest needs it and it depends on the configuration only. */
const caUrls = new WeakMap<Config, string | null>();

function caUrl(config: Config): string | null {
  const known = caUrls.get(config);
  const url = known === undefined ? findCaUrl(config) : known;
  caUrls.set(config, url);
  return url;
}

/** URL of the environment's certificate authority: the container with that role, at the port of its service. */
function findCaUrl(config: Config): string | null {
  const ca = config.lxc.find((guest) => guest.role === 'ca');
  const address = ca?.network.ip?.split('/')[0];
  return ca === undefined || address === undefined || !/^[0-9a-f.:]+$/i.test(address)
    ? null
    : `https://${address.includes(':') ? `[${address}]` : address}:${ca.traefikService?.port ?? 9000}`;
}

function withoutNulls(values: Readonly<Record<string, string | null>>): Inputs {
  return Object.fromEntries(Object.entries(values).flatMap(([key, value]) => (value === null ? [] : [[key, value]])));
}
