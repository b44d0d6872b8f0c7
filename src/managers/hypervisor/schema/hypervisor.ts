// etc/phoenix_hypervisor_config.json: the Proxmox host. Also marks the config root.

import { z } from 'zod';
import * as address from '../../../config/schema/addresses.ts';
import * as text from '../../../config/schema/text.ts';
import * as value from '../../../config/schema/values.ts';
import { hostFirewall, hostNetwork, hostUser } from './host.ts';
import { pageCertificate } from './page-certificate.ts';
import { phoenix } from './policy.ts';
import { packageRepositories } from './repositories.ts';
import { storageShape } from './storage.ts';

const portainer = z.strictObject({
  admin_user: text.word.default('admin').describe('First user of Portainer. Default: admin.'),
  admin_password: value.secret
    .meta({ secret: 'portainer/server fails when it is applied' })
    .optional()
    .describe('Its password, by reference.'),
  agent_secret: value.secretReference
    .meta({ secret: true })
    .optional()
    .describe(
      'What Portainer signs its requests to its agents with. Without it an agent obeys whoever asks it first after each start. Default: none.',
    ),
  portainer_hostname: value.hostname.optional().describe('Name that Portainer is reached by. Default: none.'),
});

const stepCa = z.strictObject({
  root_ca_name: text.label
    .default('Phoenix Root CA')
    .describe('Name of the root certificate. Default: Phoenix Root CA.'),
  intermediate_ca_name: text.label
    .default('Phoenix Intermediate CA')
    .describe('Name of the intermediate certificate. Default: Phoenix Intermediate CA.'),
  dns_name: value.hostname.optional().describe('Name that the authority is reached by. Default: `ca.<domain_name>`.'),
  provisioner_name: text.label.optional().describe('Who issues certificates. Default: `admin@<domain_name>`.'),
});

const behavior = z.strictObject({
  rollback_on_failure: z
    .boolean()
    .default(false)
    .describe(
      'A guest is snapshotted before a risky change and restored when the change or its health check fails. Default: false.',
    ),
  max_delete_share: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe(
      'A commit that deletes more than this share of the guests is refused, 0 to 1; a single deletion never is. Without effect beside `max_delete_percent` of the policy. Default: 0.3.',
    ),
  debug_mode: value.withoutEffect('set PHOENIX_LOG=debug for the agent.'),
});

const nvidiaDriver = z.strictObject({
  install: z.boolean().default(true).describe('Whether the host gets the driver. Default: true.'),
  version: value.version.describe('Version of the driver.'),
  runfile_url: value.url.optional().describe('Installer of the driver. Default: that of NVIDIA for the version.'),
  cuda_version: value.withoutEffect('CUDA is installed in guests, by their features.'),
  install_vllm_libs: value.withoutEffect('vLLM is installed in guests, by feature `vllm`.'),
});

const dnsServer = z.strictObject({
  enabled: z.boolean().default(true).describe('Whether the host answers DNS for the guests. Default: true.'),
  upstream_servers: z.array(address.ipAddress).default([]).describe('Asked for every other name. Default: none.'),
  authoritative_zones: value.withoutEffect('names follow from the guests, services and stacks.'),
});

/** Documentation for readers; neither DNS nor a rule uses it. */
const knownName = text.name(
  /^[\p{L}\p{N}_]([\p{L}\p{N}_ .-]{0,62}[\p{L}\p{N}_])?$/u,
  'must be a name: letters, digits, spaces and _ . -, at most 64',
);
const KNOWN_ADDRESS = 'must be an IP address such as 10.0.0.50, a network such as 10.0.0.0/28, or a list of them';
const knownAddress = z.union([address.ipAddress, address.network], KNOWN_ADDRESS);

/** Name of an alias or IP set of the firewall (PVE/Firewall.pm: ip_alias_pattern, at most 64 characters). */
const firewallName = text.name(
  /^[A-Za-z][A-Za-z0-9_-]{1,63}$/,
  'must be the name of an alias or set: a letter, then letters, digits, _ and -, at least 2',
);

/** The whole file. */
const snippet = z.strictObject({
  name: text
    .name(
      /^(?!phoenix-)[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/,
      'must be a name of letters, digits and _ . -, and not begin with phoenix-',
    )
    .describe('Name of the file there: `router.yaml` is the volume `local:snippets/router.yaml`.'),
  source: text
    .name(
      /^(?!\.)[A-Za-z0-9_.-]+(\/(?!\.)[A-Za-z0-9_.-]+)+$/,
      'must be the path of a file below a folder of the config repo',
    )
    .describe(
      'Path of the text from the config root, such as `snippets/router.yaml`. It holds no secret: everyone on the node may read it.',
    ),
  comment: text.prose.optional().describe('For readers of this file only.'),
});

export const hypervisorFile = z
  .strictObject({
    $schema: value.schemaLink,
    version: text.prose.optional().describe('For readers of this file only.'),
    author: text.prose.optional().describe('For readers of this file only.'),
    comment: text.prose.optional().describe('For readers of this file only.'),
    domain_name: value.hostname.describe('Domain that the names of guests and services end in.'),
    snippets: z
      .array(snippet)
      .default([])
      .describe(
        'Texts of the config repo that lie on storage `local`, such as user data of cloud-init, which VMs name in `cicustom`. Default: none.',
      ),
    timezone: value.timezone.optional().describe('Time zone of the host. Default: left as it is.'),
    memory_gb: z
      .number()
      .positive()
      .max(1024 * 1024)
      .optional()
      .describe('Memory of the host in GB, for a warning when guests want more. Default: not told, no warning.'),
    users: hostUser.optional().describe('Administrator of the host. Default: none is kept.'),
    network: hostNetwork.prefault({}).describe('Addresses of the host.'),
    known_hosts: z
      .record(knownName, z.union([knownAddress, z.array(knownAddress).min(1)], KNOWN_ADDRESS))
      .default({})
      .describe(
        'Machines that Phoenix does not keep and that firewall rules may name, such as a PC or a printer: name and address, or several. Default: none.',
      ),
    known_aliases: z
      .array(firewallName)
      .default([])
      .describe(
        "Aliases of the datacenter's firewall that people keep and rules may name. Default: none, so that a rule which names one is refused.",
      ),
    known_ip_sets: z
      .array(firewallName.regex(/^[^A-Z]*$/, 'must be in lower case, as Proxmox keeps names of sets'))
      .default([])
      .describe("IP sets of the datacenter's firewall, likewise; rules name them with a `+` before. Default: none."),
    package_repositories: packageRepositories
      .optional()
      .describe('Repositories that packages of the host come from. Default: none is kept.'),
    page_certificate: pageCertificate
      .optional()
      .describe("Certificate of the node's own page, that of Proxmox. Default: it keeps what it has."),
    docker: z
      .strictObject({
        portainer_agent_image: value.dockerImage
          .default('portainer/agent:latest')
          .describe('Image of the Portainer agent. Default: portainer/agent:latest.'),
        portainer_server_image: value.withoutEffect('the compose file of the stack names it.'),
      })
      .prefault({})
      .describe('Images that Phoenix itself starts.'),
    ...storageShape,
    nvidia_driver: nvidiaDriver.optional().describe('NVIDIA driver of the host. Default: none is kept.'),
    behavior: behavior.prefault({}).describe('How changes are carried out.'),
    phoenix: phoenix
      .optional()
      .describe(
        'What a change must have before it is carried out: approvals, times, signatures. Default: what destroys or recreates a target waits for one approval.',
      ),
    firewall: hostFirewall.optional().describe('Firewall of the host. Default: none is kept.'),
    portainer_api: portainer.optional().describe('The Portainer server. Default: none is kept.'),
    vm_defaults: z
      .strictObject({
        ubuntu_release: text
          .name(/^[a-z]+$/, 'must be the code name of a release such as noble')
          .default('noble')
          .describe('Release whose cloud images templates are made from. Default: noble.'),
      })
      .prefault({})
      .describe('What every VM starts from.'),
    dns_server: dnsServer.optional().describe('DNS server on the host. Default: none is kept.'),
    step_ca: stepCa.optional().describe('The certificate authority. Default: none is kept.'),
    core_paths: value.withoutEffect('files have fixed places below the config root.'),
    proxmox_defaults: value.withoutEffect('say it at each guest, or in vm_defaults.'),
    tests: value.withoutEffect('use `health_check` of a guest for what must hold after a change.'),
    shared_zfs_volumes: value.withoutEffect('use `zfs_volumes` of a guest.'),
    shared_volumes: value.withoutEffect('use `mount_points` of a guest.'),
  })
  .describe('The Proxmox host that Phoenix keeps.');
