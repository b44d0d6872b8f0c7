// The schema of etc/phoenix_vm_configs.json: the virtual machines.

import { z } from 'zod';
import * as address from '../../config/schema/addresses.ts';
import { becomes, inMachines } from '../../config/schema/option.ts';
import * as text from '../../config/schema/text.ts';
import * as value from '../../config/schema/values.ts';
import { addressShape, linkShape, machineLinkShape, machineNetworks, withoutNetwork } from '../guest/network-schema.ts';
import { declaredTwice, optionsShape } from '../guest/options/shape.ts';
import { guestShape } from '../guest/schema.ts';
import { defaultsShape, settingShape, settingsNeeded } from '../guest/settings/shape.ts';
import { driveShape } from './drives/drive-schema.ts';
import { passthroughShape } from './passthrough/passthrough-schema.ts';

/** Defaults of VMs that do not declare a value themselves. */
export const vmDefaults = z.strictObject({
  ...defaultsShape(),
  disk_size_gb: value.sizeGb
    .optional()
    .describe('Size of the root disk in GB. Default: 32 for a new VM; one that exists keeps its own.'),
  storage_pool: value.storageId.optional().describe('Storage of the disks. Default: none, so each VM names its own.'),
  network_bridge: value.bridge
    .optional()
    .describe('Bridge of the host. Default: vmbr0 for a new VM; one that exists keeps its own.'),
  template: value.withoutEffect('VMs name what they are cloned from in `clone_from_vmid`.'),
});

const network = z.strictObject({
  ip: address.ipSetting
    .optional()
    .describe('Address with prefix length, or `dhcp`. Default: dhcp for a new VM; one that exists keeps its own.'),
  gw: address.gateway.optional().describe('Gateway; only with a fixed address. Default: as it is on the VM.'),
  nameserver: address.nameservers
    .optional()
    .describe(
      'DNS servers, separated by spaces or commas. Default: those of the host for a new VM; one that exists keeps its own.',
    ),
  searchdomain: value.searchdomain
    .optional()
    .describe(
      'Domain that is tried after short names. Default: that of the host for a new VM; one that exists keeps its own.',
    ),
  bridge: value.bridge.optional().describe('Bridge of the host. Default: that of vm_defaults.'),
  mac_address: address.macAddress.optional().describe('Default: Proxmox chooses one and it is kept.'),
  ...addressShape,
  ...linkShape('vm'),
  ...machineLinkShape,
});

const user = z.strictObject({
  username: becomes(inMachines('ciuser'), value.EXPECT_USER, value.userName).describe('User that cloud-init creates.'),
  password: value.secretReference
    .meta({ secret: true })
    .optional()
    .describe(
      'Password or its hash, by reference, given to cloud-init; a change of it needs a restart. Default: no password; one that a person gave the VM stays.',
    ),
  password_hash: value.secret
    .meta({ secret: 'no password is set from it' })
    .optional()
    .describe(
      'Hash of the password, by reference, set inside the VM by the guest agent; a change of it needs no restart. Default: no password.',
    ),
  ssh_keys: z
    .array(
      becomes(inMachines('sshkeys', undefined, { write: encodeURIComponent }), value.PUBLIC_KEY, value.sshPublicKey),
    )
    .default([])
    .describe('Public keys that may log in; others that people gave the VM stay. Default: none.'),
});

const nfsVolume = z.strictObject({
  type: z.literal('nfs').default('nfs').describe('How it is mounted. Default: nfs.'),
  name: value.containerName.describe('Docker volume of this name is provided by it.'),
  server: z
    .union([address.ipAddress, text.word])
    .optional()
    .describe('Address of the NFS server. Default: `network.nfs_server` of the hypervisor.'),
  path: text.fstabPath.describe('Exported folder on the server.'),
  mount_point: text.vmFolder.describe('Where it is seen inside the VM.'),
});

const stackUse = z.union(
  [
    text.pathSegment,
    z.strictObject({
      name: text.pathSegment.describe('Folder below `stacks/`.'),
      environment: text.pathSegment.default('production').describe('Which of its environments. Default: production.'),
    }),
  ],
  'must be the name of a stack, or {"name": …, "environment": …}',
);

const DOWNLOAD = 'pvesh create /nodes/{node}/storage/{storage}/download-url';
const EXPECT_IMAGE =
  'must be the name of a cloud image such as noble-server-cloudimg-amd64.img, at most 255 characters';
const EXPECT_CHECKSUM = 'must be a SHA-256 checksum: 64 hexadecimal digits';
const IMAGE_PLACES = [
  { verb: DOWNLOAD, option: 'filename' },
  ...inMachines('scsi0', 'import-from', { write: (image: string) => `/var/lib/vz/import/${image}` }),
];

const vmFields = z.strictObject({
  ...guestShape,
  ...settingShape('vm'),
  options: optionsShape('vm'),
  vmid: value.guestId.describe('Its id, 100 to 999999999.'),
  clone_from_vmid: value.guestId
    .optional()
    .describe('Template or VM to clone it from. Needed unless it is made in another way.'),
  template_image: becomes(
    IMAGE_PLACES,
    EXPECT_IMAGE,
    text.name(/^[a-zA-Z0-9][a-zA-Z0-9_.-]*\.(img|qcow2|raw)$/, EXPECT_IMAGE),
  )
    .optional()
    .describe('Image to make it from. Needed unless it is cloned, imported, or installed from an ISO image.'),
  template_image_url: becomes([{ verb: DOWNLOAD, option: 'url' }], 'must be an http or https URL', value.url)
    .optional()
    .describe(
      'Where the node downloads the image that it does not have. Default: none, so the image must be there already.',
    ),
  template_image_sha256: becomes(
    [{ verb: DOWNLOAD, option: 'checksum' }],
    EXPECT_CHECKSUM,
    text.name(/^[0-9a-f]{64}$/i, EXPECT_CHECKSUM),
  )
    .optional()
    .describe('Checksum of that image, from the list of its publisher. Needed with template_image_url.'),
  disk_size_gb: value.sizeGb
    .optional()
    .describe('Size of the root disk in GB; can only grow. Default: that of vm_defaults, for templates at most 32.'),
  storage_pool: value.storageId.optional().describe('Storage of the disks. Default: that of vm_defaults.'),
  ...driveShape,
  ...passthroughShape,
  network_bridge: value.bridge.optional().describe('Bridge of the host. Default: that of vm_defaults.'),
  network_config: network.prefault({}).describe('The first interface. Default: dhcp for a new VM.'),
  without_network: withoutNetwork,
  networks: machineNetworks,
  user_config: user
    .optional()
    .describe(
      'The user that cloud-init creates. Default: `phoenix`, without a password, for a new VM; one that exists keeps its own.',
    ),
  volumes: z.array(nfsVolume).default([]).describe('NFS folders that the VM mounts. Default: none.'),
  docker_stacks: z.array(stackUse).default([]).describe('Stacks that run on it. Default: none.'),
  portainer_role: z
    .enum(['none', 'primary', 'agent', 'infrastructure'])
    .default('none')
    .describe('`primary` runs the Portainer server, `agent` is managed by it. Default: none.'),
  portainer_environment_name: text
    .name(
      /^[\p{L}\p{N}]([\p{L}\p{N} _.()-]{0,98}[\p{L}\p{N}_.)])?$/u,
      'must be a name: letters, digits, spaces and _ . - ( ), at most 100',
    )
    .optional()
    .describe("Name of the environment in Portainer. Default: the VM's name."),
  portainer_agent_hostname: value.hostname
    .optional()
    .describe('Name under which the server reaches the agent. Needed for agents.'),
  snapshots: z
    .strictObject({
      'pre-features': value.snapshotName.optional().describe('Taken before the features. Default: none.'),
      'post-features': value.snapshotName.optional().describe('Taken after the features. Default: none.'),
    })
    .optional()
    .describe('Names of snapshots around the features. Default: none.'),
  dns_records: value.withoutEffect('names follow from `name`, `traefik_service` and the labels of stacks.'),
  tests: value.withoutEffect('use `health_check` for what must hold after a change.'),
  qm_options: value.withoutEffect('say what is needed in its own field.'),
  count: value.withoutEffect('each VM is declared on its own.'),
});

/** What a VM is created from: one of these, or an ISO image, which may be combined with any of them. */
const SOURCES = ['template_image', 'clone_from_vmid', 'import_from', 'empty'] as const;

type Node = Readonly<Record<string, unknown>>;

const has = (field: (typeof SOURCES)[number]): Node =>
  field === 'empty'
    ? { required: [field], properties: { empty: { const: true, description: 'Made with an empty root disk.' } } }
    : { required: [field] };

/** For editors; the loader checks the same by a rule, whose message names the fields (load/rules/creation.ts). */
const ONE_SOURCE: Node = {
  oneOf: [...SOURCES.map(has), { required: ['iso'], not: { anyOf: SOURCES.map(has) } }],
  dependentRequired: {
    template_image_url: ['template_image', 'template_image_sha256'],
    template_image_sha256: ['template_image', 'template_image_url'],
  },
};

/** One VM. */
export const vmGuest = vmFields.check(declaredTwice('vm'), settingsNeeded('vm')).meta(ONE_SOURCE);

/** The whole file. */
export const vmFile = z
  .strictObject({
    $schema: value.schemaLink,
    comment: text.prose.optional().describe('For readers of this file only.'),
    vm_defaults: vmDefaults.prefault({}).describe('Where a VM says nothing itself.'),
    vms: z.array(vmGuest).describe('The virtual machines.'),
  })
  .describe('The virtual machines that Phoenix keeps.');
