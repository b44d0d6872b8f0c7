// What each problem code means and what to do, beside the message at the line itself: for `phoenix explain` and docs/problems.md.

import { ERROR_CODES, type ProblemCode } from '../../model/problem.ts';
import type { Outcome } from '../../model/run.ts';

export interface Explanation {
  readonly means: string;
  /** What to do. */
  readonly remedy: string;
}

export const PROBLEMS: Readonly<Record<ProblemCode, Explanation>> = {
  SYNTAX: {
    means: 'The file is not JSON, or a compose file is not YAML. Nothing of it is read.',
    remedy: 'Correct it at the line that is named, often a missing comma or bracket just before it.',
  },
  DUPLICATE_KEY: {
    means: 'An object has the same key twice. Programs differ in which of both they take, so neither is taken.',
    remedy: 'Remove one of them.',
  },
  UNKNOWN_KEY: {
    means:
      'Phoenix knows no field of this name there. It is refused, since a misspelt field would change nothing without a word.',
    remedy: 'Use the name that the message suggests; `phoenix schema` prints all fields. Notes belong in `comment`.',
  },
  INVALID_VALUE: {
    means: 'The value is not one that the field may have, or one that Proxmox refuses there.',
    remedy: 'Write a value of the form that the message names.',
  },
  UNKNOWN_REFERENCE: {
    means: 'The value names something that is declared nowhere: a guest, a stack, a key in an encrypted file.',
    remedy: 'Declare it, or correct the name.',
  },
  DEPENDENCY_CYCLE: {
    means:
      'Guests need each other in a ring, so that none of them can be first. Clone sources and the certificate authority count too.',
    remedy: 'Remove one of the dependencies that the message names.',
  },
  DUPLICATE_ID: {
    means: 'Two guests have one id. Containers and VMs share one range.',
    remedy: 'Give one of them an id that is free.',
  },
  DUPLICATE_IP: {
    means: 'Two guests have one fixed address. Both would be unreachable by turns.',
    remedy: 'Give one of them another address.',
  },
  DUPLICATE_MAC: {
    means: 'Two interfaces have one hardware address.',
    remedy: 'Leave one of them out: Proxmox chooses an address, which is kept.',
  },
  DUPLICATE_NAME: {
    means:
      'Two things of one kind have one name where names must differ: certificates, volumes of a guest, containers of a VM.',
    remedy: 'Rename one of them.',
  },
  DUPLICATE_SERVICE: {
    means:
      'Two services are to be reached under one name through the proxy, so that chance would decide which one answers.',
    remedy: 'Give each its own name, path or priority.',
  },
  INVALID_HOSTNAME: {
    means: 'The name cannot stand in DNS, or Proxmox refuses it.',
    remedy: 'Use letters, digits and hyphens, at most 63 characters for each part, with no hyphen at either end.',
  },
  BAD_ADDRESS: {
    means:
      'The address cannot work there: outside its subnet, the gateway, the host, the network or broadcast address, or a multicast hardware address.',
    remedy: 'Choose a free address of the subnet of the bridge.',
  },
  UNKNOWN_STORAGE: {
    means: 'A disk, a volume or a template is on a storage that is not declared, or that does not hold such content.',
    remedy: 'Declare the storage with that content in the file of the hypervisor, or name another.',
  },
  MISSING_FILE: {
    means: 'A script, feature, compose file, manifest or encrypted file is named and is not in the repository.',
    remedy: 'Add the file, or correct the path. Paths count from the folder that holds `etc/`.',
  },
  UNSET_VARIABLE: {
    means: 'A compose file uses a variable that has neither a value in the environment of the stack nor a default.',
    remedy: 'Give it a value in `phoenix.json` of the stack, or a default after `:-` in the compose file.',
  },
  MISSING_VOLUME: {
    means: 'A stack uses a volume that must be there already, and nothing on that VM makes it.',
    remedy: 'Make it in another stack of the VM, or remove `external`.',
  },
  NOT_DEPLOYABLE: {
    means:
      'The compose file asks for something that cannot be had through Portainer, such as a build or a bind of a relative path.',
    remedy: 'Use an image, a volume or an absolute path, as the message says.',
  },
  CLONE_SOURCE: {
    means: 'The guest to clone from is of the other kind, or is neither a template nor has a snapshot for its clones.',
    remedy: 'Give the source `is_template` or `template_snapshot_name`, or name another.',
  },
  DISK_SHRINK: {
    means: 'A disk would become smaller. Proxmox only grows disks.',
    remedy: 'Declare at least the size that it has, or make a new guest and move the data.',
  },
  BAD_RULE: {
    means:
      'Proxmox would leave this firewall rule out with a warning that nobody sees, so that what it is for would stay open or closed.',
    remedy: 'Correct the rule as the message says.',
  },
  NFS_NOT_EXPORTED: {
    means: 'A VM mounts a path that no export of the host holds, or that the export does not let the VM read.',
    remedy: 'Add the path or the address of the VM to the exports.',
  },
  AGENT_WITHOUT_HOSTNAME: {
    means: 'A VM with the Portainer agent has no name by which the server can reach it.',
    remedy: 'Set `portainer_agent_hostname`.',
  },
  CERTIFICATE_PATH: {
    means:
      'The guest that uses a certificate does not see the folder that it is written to, or two certificates write one file.',
    remedy: 'Mount the folder into the guest, or write the files to a folder of their own.',
  },
  UNKNOWN_HOOK: {
    means: 'What is to follow a renewal is none of the known commands, or concerns a guest that is not declared.',
    remedy: 'Name one of the commands that the message lists, for a guest that is declared.',
  },
  SECRET_NOT_ALLOWED: {
    means:
      'The configuration names a secret that the settings of the agent do not let it read, or shows guests a folder with secrets.',
    remedy: 'Name a secret below `PHOENIX_SECRETS_DIR` or a variable with its prefix, or mount another folder.',
  },
  NOT_THE_CONTENT: {
    means:
      'A file is in the repository and is not what would be run or handed in: a Git LFS pointer, a script with Windows line ends, a binary.',
    remedy: 'Commit the file itself; for scripts set `*.sh text eol=lf` in `.gitattributes`.',
  },
  PORT_CLASH: {
    means: 'Two services publish one port of one VM. Docker would refuse the second.',
    remedy: 'Publish another port, or let the proxy reach the service by a network.',
  },
  NAME_TOO_LONG: {
    means: 'The name of a target is so long that its status could not be put on a commit.',
    remedy: 'Shorten the name.',
  },
  BOOT_ORDER: {
    means: 'Both guests start with the host, and the one that is needed starts after the one that needs it.',
    remedy: 'Give the one that is needed a lower `boot_order`.',
  },
  LOCKOUT: {
    means:
      'Applied, the firewall would close SSH or the interface of Proxmox to the management network, or let the agent reach nothing.',
    remedy: 'Keep a rule that lets the management network in, and one that lets the host out.',
  },
  DESTRUCTIVE: {
    means: 'The configuration asks for disks to be wiped. No push may do that.',
    remedy: 'Wipe the disks by hand on the host, and remove the field.',
  },
  TOO_MANY_DELETES: {
    means: 'The commit would delete more guests at once than the policy allows, as a bad merge would.',
    remedy: 'Delete them in several commits, or raise `max_delete_percent` of the policy in a commit before.',
  },
  EMPTY_CONFIG: {
    means: 'No guest is declared. Applied, this would delete all there are, which is more often a mistake than a wish.',
    remedy:
      'Declare at least one guest, and keep one of those that were declared before. Where there never was one, remove the files of guests to manage the host alone.',
  },
  UNOWNED_ADDRESS: {
    means:
      'A firewall rule names an address in the range of the guests that nothing declared has. It is an error where a guest had it that is gone.',
    remedy: 'Correct the rule, or name the machine in `known_hosts`.',
  },
  NO_EFFECT: {
    means: 'The field is accepted and does nothing.',
    remedy: 'Remove it, or use what the hint names.',
  },
  LEGACY_SHAPE: {
    means: 'The field is written as the system before Phoenix wrote it. It is read as ever.',
    remedy: 'Write it as the hint shows when you change the file anyway.',
  },
  PLAINTEXT_SECRET: {
    means: 'A secret stands in the repository in plain text. Everybody who can read it has it, in every commit.',
    remedy:
      'Put it into a file below `PHOENIX_SECRETS_DIR` or an encrypted file, write a reference, and change the secret itself. `PHOENIX_STRICT_SECRETS=1` makes it an error.',
  },
  DUPLICATE_RULE: { means: 'A list of firewall rules has the same rule twice.', remedy: 'Remove one of them.' },
  OPEN_SOURCE: {
    means: 'A firewall rule lets in everybody who can reach the machine.',
    remedy: 'Name the sources in `source`.',
  },
  DNS_AMBIGUOUS: {
    means: 'One name leads to several addresses, so that DNS answers with one or the other.',
    remedy: 'Rename one of them.',
  },
  SAN_MISSING: {
    means:
      'A name is not among the subject alternative names of the certificate that is used for it. Clients check those only.',
    remedy: 'Add the name to the certificate.',
  },
  SHARED_SECRET_PATH: {
    means: 'A folder with private keys is mounted in a guest that the keys do not belong to.',
    remedy: 'Mount a folder without the keys.',
  },
  GPU_OVERCOMMIT: {
    means: 'Guests on one GPU may use more than its memory together. One of them would fail when it asks for it.',
    remedy: 'Lower what each may use, or move one of them.',
  },
  MEMORY_OVERCOMMIT: {
    means: 'The guests that run and the cache of ZFS may use more memory than the host has.',
    remedy: 'Give some of them less, or stop some.',
  },
  QUOTA_OVERCOMMIT: {
    means: 'The quotas of the datasets of a pool promise more than its disks hold.',
    remedy: 'Lower the quotas, or add disks.',
  },
  NAMESERVER: {
    means: 'A guest asks a name server that does not know the internal names, or that it cannot reach.',
    remedy: 'Let it ask the host, or remove `nameserver`.',
  },
  DOTTED_HOSTNAME: {
    means: 'Inside the guest only the part before the first dot becomes its hostname.',
    remedy: 'Use a name without dots; the domain comes from the host.',
  },
  KEY_MODE: {
    means: 'Every user of the host and of the guest could read a private key.',
    remedy: 'Leave the mode out, or use 0600 or 0640.',
  },
  NO_FIREWALL: {
    means: 'Nothing is declared about the firewall of a guest that can run, so it stays as it is there.',
    remedy: 'Declare `firewall`, with `enabled: false` where none is meant.',
  },
  NO_GATEWAY: {
    means: 'A guest has a fixed address and no gateway, on a network that has one. It reaches nothing beyond.',
    remedy: 'Add the gateway that the hint names.',
  },
  UNDECLARED_BRIDGE: {
    means:
      'A guest or a zone is on a bridge that nothing declares, and whose name is nearly that of one that is declared. On a host without it the guest is not made, and the zone makes nothing.',
    remedy: 'Correct the name. A bridge that a person set up on the host needs no declaration.',
  },
  MISSING_NETWORK: {
    means: 'A stack uses a network of Docker that must be there already, and no stack of the VM makes it.',
    remedy: 'Let one stack make it, or make it in the script of the VM.',
  },
  LATE_DEPENDENCY: {
    means: 'What others are cloned from needs a guest that comes later in the order, so that they all wait for it.',
    remedy: 'Remove the dependency, or move the guest forward.',
  },
  NO_ROUTE: {
    means: 'The proxy cannot lead to the service: it has no address that stays, or none outside of its VM.',
    remedy: 'Publish a port, or give the guest a fixed address.',
  },
  DOLLAR_SIGNS: {
    means:
      'A text has two dollar signs where one is meant, as when it was copied from a compose file, which needs two.',
    remedy: 'Write each dollar sign once.',
  },
  MINUTES_FOR_HOURS: {
    means: 'A schedule has a number above 23 where an hour stands, which Proxmox reads as minutes of every hour.',
    remedy: 'Write the hour as 0 to 23; midnight is "00:00".',
  },
  NOT_JUDGED: {
    means:
      'Whether the host would refuse what is declared follows from something that is not declared. A new guest would be refused; one that exists has a value of its own.',
    remedy: 'Declare what the message names. Without it, what the host refuses is seen where the guest is started.',
  },
};

export const OUTCOMES: Readonly<Record<Outcome, Explanation>> = {
  applied: { means: 'The target was changed, and checked again: it is as declared.', remedy: 'Nothing.' },
  unchanged: { means: 'The target was already as declared. Nothing was done.', remedy: 'Nothing.' },
  failed: {
    means:
      'An action failed, or the target is not as declared after all actions. What needs it was skipped; other targets went on.',
    remedy:
      'Read the reason with `phoenix runs ID` or `phoenix logs ID TARGET`, mend the cause, then `phoenix replay COMMIT`.',
  },
  skipped: {
    means: 'A target that this one needs failed or waits, so nothing was done here.',
    remedy:
      'Approve the one that waits: this one then follows by itself. Where one failed, mend the cause, then `phoenix replay COMMIT`.',
  },
  blocked: {
    means:
      'It waits for a person: the change destroys or recreates something, the policy asks for an approval, the target is protected, or Phoenix did not create what is there.',
    remedy:
      'Do what the reason of the step names. To approve: `phoenix approve RUN TARGET`, the button of the check, or `/phoenix approve TARGET` in the pull request. To take over what is there: `phoenix adopt TARGET`.',
  },
  superseded: {
    means: 'A newer commit, or a newer run of the same one, took the place of this run before the step began.',
    remedy: 'Nothing: the newer run says what becomes of the target.',
  },
};

/** Whether a problem of the code refuses the commit. */
export function isError(code: ProblemCode): boolean {
  return (ERROR_CODES as readonly ProblemCode[]).includes(code);
}
