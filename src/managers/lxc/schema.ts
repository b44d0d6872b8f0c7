// The schema of etc/phoenix_lxc_configs.json: the containers.

import { z } from 'zod';
import * as address from '../../config/schema/addresses.ts';
import { becomes, inContainers, oneOf } from '../../config/schema/option.ts';
import * as text from '../../config/schema/text.ts';
import * as value from '../../config/schema/values.ts';
import { addressShape, containerNetworks, interfaceName, linkShape, withoutNetwork } from '../guest/network-schema.ts';
import { declaredTwice, optionsShape } from '../guest/options/shape.ts';
import { normalFlag } from '../guest/proxmox/property-string.ts';
import { guestShape } from '../guest/schema.ts';
import { settingShape } from '../guest/settings/shape.ts';
import { idMap, mountPoint, volume } from './mounts/mount-schema.ts';
import { devices, environment, mountProperties, rootDisk, rootUser } from './passthrough-schema.ts';
import { rawLine } from './raw-line.ts';

const network = z
  .strictObject({
    name: interfaceName
      .optional()
      .describe('Name of the interface inside. Default: eth0 for a new container; one that exists keeps its own.'),
    bridge: value.bridge
      .optional()
      .describe('Bridge of the host. Default: vmbr0 for a new container; one that exists keeps its own.'),
    ip: address.ipSetting
      .optional()
      .describe(
        'Address with prefix length, `dhcp`, or `manual`. Default: `manual`, where `ip6` says how it is reached.',
      ),
    gw: address.gateway.optional().describe('Gateway; only with a fixed address. Default: as it is on the container.'),
    nameservers: address.nameservers
      .optional()
      .describe(
        'DNS servers, separated by spaces or commas. Default: those of the host for a new container; one that exists keeps its own.',
      ),
    searchdomain: value.searchdomain
      .optional()
      .describe(
        'Domain that is tried after short names. Default: that of the host for a new container; one that exists keeps its own.',
      ),
    ...addressShape,
    ...linkShape('lxc'),
  })
  .refine(({ ip, ip6 }) => ip !== undefined || ip6 !== undefined, {
    path: ['ip'],
    message: 'must say how the container comes by an address: one with prefix length, `dhcp` or `manual`',
  });

const vllmValue = z.union([text.line(10_000), z.number(), z.boolean(), z.null()]);
const vllmGroup = z
  .record(text.name(/^[a-zA-Z][a-zA-Z0-9_-]*$/, 'must be the name of an argument'), vllmValue)
  .refine(({ model }) => !String(model).startsWith('-'), 'must have no model that begins with "-", as options do');

/** Arguments of vLLM in groups; the group names are only for readers. */
const vllmEngine = z.record(text.line(128), vllmGroup);

function namesGpus(written: string): boolean {
  const parts = address.splitList(written);
  return (parts.length === 1 && parts[0] === 'none') || parts.every((part) => /^\d{1,2}$/.test(part));
}

type Gpus = string | number | readonly number[];

/** Sorted and without duplicates. */
export function gpusOf(written: Gpus): number[] {
  const numbers = typeof written === 'object' ? written : (String(written).match(/\d+/g) ?? []).map(Number);
  return [...new Set(numbers)].sort((a, b) => a - b);
}

const GPUS = 'must be "none" or indexes of GPUs such as "0,1"';

const EXPECT_TEMPLATE =
  'must be a template such as local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst, or the path of one, at most 255 characters';

const EXPECT_FEATURE = 'must be a feature of Proxmox such as nesting=1 or mount=nfs;cifs';

/** The name in an option: `nesting` in `nesting=1`. */
const featureOf = (option: string): string => option.slice(0, option.indexOf('='));

const lxcFields = z.strictObject({
  ...guestShape,
  options: optionsShape('lxc'),
  ...settingShape('lxc'),
  role: z
    .enum(['ca', 'proxy', 'gateway', 'none'])
    .optional()
    .describe(
      'What the environment uses it for: certificate authority, inner proxy, or gateway. Each once. Default: ca for 103, proxy for 102, gateway for 101, where something is installed in them and no other has it; none for others.',
    ),
  template: becomes(
    [{ verb: 'pct create', option: 'ostemplate' }],
    EXPECT_TEMPLATE,
    text
      .name(
        /^([A-Za-z][A-Za-z0-9_.-]*:vztmpl\/|\/([A-Za-z0-9_.+~@:-]+\/)*)[A-Za-z0-9_][A-Za-z0-9_.+~-]*$/,
        EXPECT_TEMPLATE,
      )
      .regex(/^(?!.*\/(\/|\.\.?(\/|$)|$))/, 'must be a file, without "..", "/./" and two slashes in a row'),
  )
    .optional()
    .describe(
      'Template file to make it from, as `storage:vztmpl/file` or an absolute path. Needed unless it is cloned.',
    ),
  clone_from_ctid: value.guestId
    .optional()
    .describe('Container to clone it from, at its template_snapshot_name. Needed unless it has a template.'),
  root_user: rootUser,
  ostype: oneOf({ verb: 'pct create', option: 'ostype' })
    .optional()
    .describe('Which distribution Proxmox sets up inside. Default: found out from the template. Cannot change later.'),
  storage_pool: value.storageId.describe('Storage of the root disk. Cannot change later.'),
  storage_size_gb: value.sizeGb.describe('Size of the root disk in GB; can only grow.'),
  root_disk: rootDisk,
  network_config: network
    .optional()
    .describe('The first interface. Default: none for a new container; one that exists keeps its own.'),
  without_network: withoutNetwork,
  networks: containerNetworks,
  mac_address: address.macAddress.optional().describe('Default: Proxmox chooses one and it is kept.'),
  unprivileged: becomes([{ verb: 'pct create', option: 'unprivileged' }], 'must be true or false', z.boolean())
    .optional()
    .describe(
      'Whether root inside is an ordinary user outside. Default: true for a new container; one that exists keeps its own. Cannot change later.',
    ),
  gpu_assignment: becomes(
    inContainers('dev0', 'path', { write: (written: Gpus) => gpusOf(written).map((gpu) => `/dev/nvidia${gpu}`) }),
    GPUS,
    z.union(
      [
        text.ofTextKind(
          'name',
          z.string().refine((written) => /^[a-z0-9 ,]*$/.test(written) && namesGpus(written), GPUS),
        ),
        z.array(z.int().min(0).max(99)),
        z.int().min(0).max(99),
      ],
      GPUS,
    ),
  )
    .optional()
    .describe('Indexes of the NVIDIA GPUs handed in, such as `0,1`. Default: none.'),
  devices,
  env: environment,
  apparmor_profile: text
    .name(/^[A-Za-z0-9][A-Za-z0-9_.+:-]{0,127}$/, 'must be the name of a profile: letters, digits and _ . + : -')
    .optional()
    .describe(
      '`unconfined`, `generated`, or the name of a profile of the host. Default: that of Proxmox for a new container; one that exists keeps its own.',
    ),
  apparmor_manages_nesting: z
    .boolean()
    .default(false)
    .describe('The profile allows nesting, so that the option is not set beside it. Default: false.'),
  pct_options: z
    .array(
      becomes(
        inContainers('features'),
        EXPECT_FEATURE,
        text
          .name(
            /^((nesting|keyctl|fuse|mknod|force_rw_sys)=(0|1|on|off|yes|no|true|false)|mount=[a-z0-9_]+(;[a-z0-9_]+)*)$/,
            EXPECT_FEATURE,
          )
          .meta({ suggests: ['nesting=1', 'keyctl=1', 'fuse=1', 'mknod=1', 'force_rw_sys=1', 'mount=nfs;cifs'] }),
      ),
    )
    .superRefine((options, context) => {
      for (const [index, option] of options.entries()) {
        if (options.findIndex((other) => featureOf(other) === featureOf(option)) === index) continue;
        const message = `must not say ${featureOf(option)} a second time; several file systems of mount stand in one, as mount=nfs;cifs`;
        context.addIssue({ code: 'custom', path: [index], message });
      }
    })
    .default([])
    .describe("Proxmox's container features, such as `nesting=1`; others that people set stay. Default: none."),
  lxc_options: z
    .array(rawLine)
    .default([])
    .describe(
      'Raw lines for the container, such as `lxc.mount.auto: sys:rw`; others that people wrote stay. Default: none.',
    ),
  id_maps: z.array(idMap).default([]).describe('Ids of the container that are ids of the host. Default: none.'),
  mount_points: z.array(mountPoint).default([]).describe('Folders and disks of the host seen inside. Default: none.'),
  zfs_volumes: z
    .array(volume)
    .default([])
    .describe('Volumes of its own beside the root disk; they outlive a rebuild. Default: none.'),
  application_script: text.repositoryPath
    .optional()
    .describe(
      'Script run inside after the features: a file of `bin/`, or a path inside the repository. Default: none.',
    ),
  bootstrap_ca_url: value.url.optional().describe('Certificate authority that features trust. Default: none.'),
  vllm_engine_config: vllmEngine
    .optional()
    .describe(
      'What feature `vllm` serves, as arguments of `vllm serve` in groups: `true` is the bare argument, `false` and null leave it out. Default: none, so that it is installed only.',
    ),
  nvidia_driver_version: value.version.optional().describe('Default: that of the file.'),
  nvidia_repo_url: value.url.optional().describe('Default: that of the file.'),
  nvidia_runfile_url: value.url.optional().describe('Default: that of the file.'),
  enable_lifecycle_snapshots: z
    .boolean()
    .default(false)
    .describe('Snapshots on the way: `pre-configured` before the features, `final-form` at the end. Default: false.'),
  dns_records: value.withoutEffect('names follow from `name` and `traefik_service`.'),
  portainer_role: value.withoutEffect('Portainer runs in VMs; remove the field.'),
  ports: value.withoutEffect(
    'a container has its own address, so no port is mapped; open ports in `firewall` and name the service in `traefik_service`.',
  ),
  tests: value.withoutEffect('use `health_check` for what must hold after a change.'),
});

/** Proxmox accepts a quota on an unprivileged container and then cannot start it. (pve-container, PVE/API2/LXC/Status.pm) */
function quotaNeedsPrivileges(written: z.output<typeof lxcFields>, context: z.RefinementCtx): void {
  if (written.unprivileged === false) return;
  const message = 'must be false in an unprivileged container, which Proxmox would not start with quotas';
  const mounts = [
    { at: ['root_disk'], mount: written.root_disk ?? {} },
    ...(['mount_points', 'zfs_volumes'] as const).flatMap((field) =>
      written[field].map((mount, index) => ({ at: [field, index], mount })),
    ),
  ];
  for (const { at, mount } of mounts) {
    if (mountProperties(mount)['quota'] === undefined || normalFlag(mountProperties(mount)['quota'] ?? '') !== '1')
      continue;
    const path = mount.quota === undefined ? ['options', 'quota'] : ['quota'];
    context.addIssue({ code: 'custom', path: [...at, ...path], message });
  }
}

/** A clone has its source's users, so root's credentials cannot be declared. (pve-container, PVE/API2/LXC.pm, clone_vm) */
function clonesHaveTheirUsers(written: z.output<typeof lxcFields>, context: z.RefinementCtx): void {
  if (written.root_user === undefined || written.clone_from_ctid === undefined) return;
  const message = 'must not stand beside clone_from_ctid: a clone has the users of its source';
  context.addIssue({ code: 'custom', path: ['root_user'], message });
}

/** One container. */
export const lxcGuest = lxcFields
  .check(declaredTwice('lxc'))
  .superRefine(quotaNeedsPrivileges)
  .superRefine(clonesHaveTheirUsers)
  // The rule in load/rules/creation.ts reports it in words; this lets an editor report it in place.
  .meta({ oneOf: [{ required: ['template'] }, { required: ['clone_from_ctid'] }] });

/** The whole file. */
export const lxcFile = z
  .strictObject({
    $schema: value.schemaLink,
    comment: text.prose.optional().describe('For readers of this file only.'),
    nvidia_driver_version: value.version
      .optional()
      .describe('NVIDIA driver that feature `nvidia` installs. Default: that of the feature.'),
    nvidia_repo_url: value.url.optional().describe('Package repository of CUDA. Default: that of the feature.'),
    nvidia_runfile_url: value.url.optional().describe('Installer of the driver. Default: that of the feature.'),
    lxc_configs: z
      .record(text.name(/^[1-9][0-9]{2,8}$/, 'must be a guest id'), lxcGuest)
      .describe('Containers by their id, 100 to 999999999.'),
  })
  .describe('The LXC containers that Phoenix keeps.');
