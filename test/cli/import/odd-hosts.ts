// Hosts as people have them: set up by hand, by other programs and by older versions of Proxmox, with files that are empty or not there.

const BASE =
  'auto lo\niface lo inet loopback\n\niface eno1 inet manual\n\nauto vmbr0\niface vmbr0 inet static\n\taddress 10.0.0.13/24\n\tgateway 10.0.0.1\n\tbridge-ports eno1\n\tbridge-stp off\n\tbridge-fd 0\n\n';
const FILES = ['storage.cfg', 'user.cfg', 'jobs.cfg', 'domains.cfg', 'datacenter.cfg', 'notifications.cfg'];
/** By what is odd: content of files, null for one that is not there. */
export const ODD_HOSTS: Readonly<Record<string, Readonly<Record<string, string | null>>>> = {
  nothing: Object.fromEntries(
    [...FILES, '.vmlist', '.members', 'firewall/cluster.fw'].map((file) => [`/etc/pve/${file}`, null]),
  ),
  empty: Object.fromEntries(
    [
      ...FILES,
      'firewall/cluster.fw',
      'sdn/zones.cfg',
      'sdn/.running-config',
      'ha/resources.cfg',
      'ha/rules.cfg',
      'replication.cfg',
      'status.cfg',
      'mapping/pci.cfg',
      'virtual-guest/cpu-models.conf',
      'local/config',
      'local/host.fw',
      'priv/acme/plugins.cfg',
    ].map((file) => [`/etc/pve/${file}`, '']),
  ),
  'a node that was renamed': {
    '/etc/pve/nodes/old/lxc/150.conf':
      'arch: amd64\nhostname: lost\nmemory: 512\nrootfs: local-lvm:vm-150-disk-0,size=8G\n',
    '/etc/pve/storage.cfg':
      'dir: local\n\tpath /var/lib/vz\n\tcontent iso,vztmpl\n\ndir: theirs\n\tpath /srv/theirs\n\tcontent images\n\tnodes old\n\n',
    '/etc/pve/replication.cfg': 'local: 150-0\n\ttarget old\n\tsource old\n\n',
  },
  'no network files': { '/etc/network/interfaces': null, '/etc/resolv.conf': null, '/etc/hosts': null },
  'empty network files': { '/etc/network/interfaces': '', '/etc/resolv.conf': '', '/etc/hosts': '' },
  storages: {
    '/etc/pve/storage.cfg': `# by hand
dir: local
	path /var/lib/vz
	content iso,vztmpl,backup
	maxfiles 3
	nodes pve

lvmthin: local-lvm
	thinpool data
	vgname pve
	content rootdir,images

zfspool: rpool
	pool rpool/data
	sparse
	content images,rootdir
	nodes pve, pve2

nfs: away
	export /x
	path /mnt/pve/away
	server nas.invalid
	content backup
	disable
	options soft,vers=4.2

glusterfs: old
	path /mnt/pve/old
	server 10.0.0.5
	volume v
	content images

truenas: third
	api_host 1.2.3.4
	content images

dir: trailing
	path /srv/x/
	content iso
	shared 1
	is_mountpoint yes
	mkdir 0

dir: in.etc
	path /etc/images
	content iso

cifs: share
	path /mnt/pve/share
	server 10.0.0.9
	share my share$
	username WORK\\kim
	content backup
	prune-backups keep-last=3

pbs: pbs
	datastore main
	server pbs.example.org
	username backup@pbs!token
	fingerprint AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99
	content backup
	encryption-key 1
	nodes pve2

dir: empty

lvm: group
	vgname vg0
	base san:0.0.0.scsi-1
	content images,rootdir
	shared 1

iscsi: san
	portal 10.0.0.9
	target iqn.2003-01.org.example:disk
	content none

zfs: overiscsi
	blocksize 4k
	iscsiprovider LIO
	pool tank
	portal 10.0.0.9
	target iqn.x
	content images

btrfs: bt
	path /srv/bt
	content images,rootdir,iso
	nocow 1

rbd: ceph
	monhost 10.0.0.1 10.0.0.2
	pool rbd
	content images
	krbd 1

dir: broken
	path
	content
`,
  },
  network: {
    '/etc/network/interfaces': `# hand made
source /etc/network/interfaces.d/*
source-directory /etc/network/more.d
auto lo
iface lo inet loopback

auto eno1
iface eno1 inet manual
	mtu 9000
#uplink

allow-hotplug eno2
iface eno2 inet dhcp

auto bond0
iface bond0 inet manual
	bond-slaves eno3 eno4
	bond-miimon 100
	bond-mode 802.3ad
	bond-xmit-hash-policy layer2+3
	bond-lacp-rate 1

auto vmbr0
iface vmbr0 inet static
	address  10.0.0.13
	netmask  255.255.255.0
	gateway  10.0.0.1
	bridge_ports bond0
	bridge_stp off
	bridge_fd 0
	bridge-vlan-aware yes
	bridge-vids 2-4094
	post-up echo 1 > /proc/sys/net/ipv4/ip_forward

iface vmbr0 inet6 static
	address fd00::13/64
	gateway fd00::1

auto vmbr0.20
iface vmbr0.20 inet static
	address 10.20.0.13/24
	up ip route add 10.30.0.0/16 via 10.20.0.1

auto vmbr0:1
iface vmbr0:1 inet static
	address 10.0.0.99/24

auto vmbr1
iface vmbr1 inet manual
	bridge-ports none
	bridge-stp off
	bridge-fd 0

auto vmbr9
allow-ovs vmbr9
iface vmbr9 inet manual
	ovs_type OVSBridge
	ovs_ports eno5 int0

allow-vmbr9 eno5
iface eno5 inet manual
	ovs_bridge vmbr9
	ovs_type OVSPort
	ovs_options tag=5 vlan_mode=access

allow-vmbr9 int0
iface int0 inet static
	address 10.40.0.1/24
	ovs_type OVSIntPort
	ovs_bridge vmbr9
	ovs_options tag=50

iface wlan0 inet dhcp
	wpa-ssid x
	wpa-psk secret
`,
    '/etc/network/interfaces.d/extra':
      'auto vmbr7\niface vmbr7 inet manual\n\tbridge-ports none\n\tbridge-stp off\n\tbridge-fd 0\n',
    '/etc/resolv.conf':
      '# Generated\nsearch lan home.example\nnameserver 1.1.1.1\nnameserver fe80::1%vmbr0\noptions edns0\n',
    '/etc/hosts':
      '127.0.0.1 localhost.localdomain localhost\n10.0.0.13 pve.home.example pve\n10.0.0.50 NAS nas.home.example # the nas\n::1 ip6-localhost\nff02::1 ip6-allnodes\n10.0.0.51\n',
  },
  'no search domain': { '/etc/resolv.conf': 'nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch .\n' },
  'a search domain with a dot at its end': { '/etc/resolv.conf': 'search lan.\nnameserver 1.1.1.1\n' },
  'a search domain that is no domain': { '/etc/resolv.conf': 'search my_lan\nnameserver 1.1.1.1\n' },
  'a route in place of a search domain': { '/etc/resolv.conf': 'search ~.\nnameserver 1.1.1.1\n' },
  'words of the resolver without values': {
    '/etc/resolv.conf': 'search\nnameserver\nnameserver 1.1.1.1\nnameserver 9.9.9.9\n',
  },
  'interfaces of a pattern': {
    '/etc/network/interfaces': `${BASE}source /etc/network/interfaces.d/*.cfg\nsource /etc/network/more.d/*.cfg\n`,
  },
  'vlan management': {
    '/etc/network/interfaces':
      'auto lo\niface lo inet loopback\n\niface eno1 inet manual\n\nauto vmbr0\niface vmbr0 inet manual\n\tbridge-ports eno1\n\tbridge-stp off\n\tbridge-fd 0\n\tbridge-vlan-aware yes\n\tbridge-vids 2-4094\n\nauto vmbr0.10\niface vmbr0.10 inet static\n\taddress 10.0.0.13/24\n\taddress 10.0.0.14/24\n\tgateway 10.0.0.1\n\nauto vmbr5v6\niface vmbr5v6 inet6 static\n\taddress fd00::5/64\n\tbridge-ports none\n\tbridge-stp off\n\tbridge-fd 0\n',
  },
  'dhcp management': {
    '/etc/network/interfaces':
      'auto lo\niface lo inet loopback\n\niface eno1 inet manual\n\nauto vmbr0\niface vmbr0 inet dhcp\n\tbridge-ports eno1\n\tbridge-stp off\n\tbridge-fd 0\n',
  },
  firewall: {
    '/etc/network/interfaces': BASE,
    '/etc/pve/firewall/cluster.fw': `# my firewall
[OPTIONS]

enable: 1
policy_in: DROP
policy_forward: DROP
log_ratelimit: enable=1,rate=10/second,burst=20
ebtables: 0
unknown_option: 5

[ALIASES]

Lan 10.0.0.0/24 # local net
six fd00::/64
bad name here
one 10.0.0.5/32

[IPSET Management] # who may
10.0.0.0/24
!10.0.0.66 # not him
dc/six
lan

[IPSET blacklist]

1.2.3.4

[RULES]

IN SSH(ACCEPT) -i vmbr0 -source +management -log nolog # ssh
|IN ACCEPT -p tcp -dport 8006
IN ssh(ACCEPT) -source dc/lan
IN ACCEPT -source fd00::/64 -p ipv6-icmp
GROUP Web -i vmbr0
IN Nonsense(ACCEPT)
FORWARD ACCEPT -p udp -dport 53
OUT REJECT -dest 8.8.8.8
IN ACCEPT -p tcp -dport 22 -bogus 1

[group Web]

IN HTTP(ACCEPT)
IN ACCEPT -p tcp -dport 443 -source lan -log info

[group empty] # nothing

[group withbad]

IN ACCEPT -p tcp -dport 99999
`,
    '/etc/pve/local/host.fw': `[OPTIONS]

enable: 1
nosmurfs: 1
nftables: 1
log_level_in: info

[RULES]

IN DNS(ACCEPT) -source +management
IN ACCEPT -p icmpv6 -icmp-type echo-request
IN ACCEPT -p 47
`,
  },
  access: {
    '/etc/pve/user.cfg': `user:root@pam:1:0:::root@example.org::
user:kim@corp:1:0:Kim:Strange%3A:kim@example.org:comment %C3%BC::
user:x@pve:0:1700000000::::::
user:7up@pve:1:0::::::
user:api@pve:1:0:::::x!oath:
token:root@pam!terraform:0:0::
token:api@pve!1st:0:0::
token:kim@corp!ci:0:1:expires:

group:admins:root@pam,kim@corp,gone@pve:The admins:
group:2nd:::
group:a:::

pool:prod::101,9999:local,nothere:
pool:prod/web:nested:102::
pool:1st::::

role:Old:VM.Monitor,VM.Audit:
role:Mine:VM.PowerMgmt:
role:2:VM.Audit:

acl:1:/:root@pam!terraform:Administrator:
acl:1:/:@admins:Administrator,PVEAdmin:
acl:0:/vms/9999:kim@corp:PVEVMUser:
acl:1:/sdn/zones/localnetwork:gone@pve:PVESDNUser:
acl:1:/nodes/other:api@pve:Mine:
acl:1:/bogus/path:api@pve:NoRole:
acl:1:/pool/prod/web:x@pve:NoAccess:
nonsense line
`,
    '/etc/pve/domains.cfg': `pam: pam
	comment Linux
	tfa type=oath

pve: pve
	default 1

ldap: dir
	base_dn dc=x,dc=y
	server1 ldap.example.org
	user_attr uid
	bind_dn cn=reader,dc=x
	secure 1
	verify 1
	capath /etc/ssl/my.pem
	tfa type=yubico,id=1,key=2
	port 636

ad: corp2
	domain corp.example.org
	server1 dc1
	sslversion tlsv1_3

kerberos: krb
	realm X

openid: sso
	issuer-url https://id.example.org
	client-id pve
	client-key topsecret
	scopes openid email
`,
  },
  jobs: {
    '/etc/pve/jobs.cfg': `vzdump: backup-1a2b3c4d-5e6f
	schedule mon..fri 02:00
	all 1
	enabled 1
	mode snapshot
	storage local
	mailto a@example.org,b@example.org
	mailnotification failure
	notes-template {{guestname}}
	prune-backups keep-last=3
	exclude-path /tmp/?*
	exclude-path /var/tmp/?*
	performance max-workers=2,pbs-entries-max=1000

vzdump: 1f0c8b52-7d4e-4a52-9c1d-0a1b2c3d4e5f
	schedule sat 03:00
	vmid 100,101
	storage nothere
	script /usr/local/bin/hook.pl
	dumpdir /mnt/x
	starttime 04:00
	dow sat

vzdump: pooled
	schedule daily
	pool prod
	exclude 101
	enabled 0

vzdump: nightly-of-node
	schedule 21:00
	all 1
	exclude 105
	node other
	fleecing 1,storage=local-lvm
	pbs-change-detection-mode metadata
	compress zstd

realm-sync: people
	realm nothere
	schedule hourly
	scope both

future-type: x
	schedule daily
	foo bar
`,
  },
  cluster: {
    '/etc/pve/datacenter.cfg': `# notes of people
#more

keyboard: de
console: applet
migration_unsecure: 1
mac_prefix: BC:24:11
tag-style: color-map=prod:ff0000,shape=full
registered-tags: a;b
bwlimit: migration=1000
ha: shutdown_policy=migrate
crs: ha=static
unknown-key: 5
next-id: lower=200
webauthn: rp=x,origin=https://x,id=x
notify: fencing=always
email_from: pve@example.org
http_proxy: http://user:pass@proxy:3128
`,
    '/etc/pve/local/config':
      '#desc\nacme: account=default,domains=pve.example.org\nacmedomain0: other.example.org,plugin=cf\nwakeonlan: AA:BB:CC:DD:EE:FF\nstartall-onboot-delay: 10\nfuture: 1\n',
    '/etc/pve/status.cfg': `influxdb: ix
	server 10.0.0.5
	port 8086
	influxdbproto https
	organization o
	bucket b
	verify-certificate 0

graphite: gr
	server 10.0.0.6
	port 2003
	path my.path
	proto tcp

prometheus: px
	server x
	port 1

opentelemetry: ot
	server otel
	port 4318
	otel-headers eyJhIjoiYiJ9
`,
    '/etc/pve/replication.cfg': 'local: 101-0\n\ttarget pve2\n\tsource pve\n\trate 10\n\ndata: 7-0\n\ttarget x\n',
    '/etc/pve/ha/resources.cfg':
      'ct: 101\n\tgroup old\n\tstate enabled\n\nvm: 9999\n\tstate started\n\nservice: x\n\tfoo 1\n',
    '/etc/pve/ha/rules.cfg':
      'node-affinity: keep\n\tnodes pve2\n\tresources ct:101\n\nlocation: other\n\tresources vm:1\n',
    '/etc/pve/mapping/pci.cfg':
      'gpu\n\tmap id=10de:2204,iommugroup=14,node=pve,path=0000:01:00\n\tmap id=10de:2204,node=pve2,path=0000:02:00.0,subsystem-id=1:2\n\tmdev 1\n\nbad\n\tdescription no map\n',
    '/etc/pve/mapping/usb.cfg': 'key\n\tmap id=1050:0407,node=pve,path=1-2\n',
    '/etc/pve/mapping/directory.cfg': 'films\n\tmap node=pve,path=/srv/films\n',
    '/etc/pve/virtual-guest/cpu-models.conf':
      'cpu-model: mine\n\tflags +avx;+aes\n\treported-model kvm64\n\tphys-bits host\n\tfuture 1\n',
  },
  'software-defined network': {
    '/etc/pve/sdn/zones.cfg': `simple: lan
	ipam pve
	dhcp dnsmasq
	
qinq: outer
	bridge vmbr0
	tag 100
	vlan-protocol 802.1ad

faucet: f
	controller c
	dp-id 5

vlan: vl
	bridge vmbr77
	nodes pve,other

vxlan: vx
	peers 10.0.0.13,10.0.0.14
	fabric core
`,
    '/etc/pve/sdn/vnets.cfg': `vnet: v1
	zone lan
	alias The net (x)

vnet: orphan
	zone nowhere

vnet: q1
	zone outer

vnet: aware
	zone vl
	tag 5
	vlanaware 1
`,
    '/etc/pve/sdn/subnets.cfg': `subnet: lan-10.9.0.0-24
	vnet v1
	gateway 10.9.0.1
	snat 1
	dhcp-range start-address=10.9.0.10,end-address=10.9.0.20
	dnszoneprefix x

subnet: lan-10.8.0.5-24
	vnet v1

subnet: nowhere-10.7.0.0-24
	vnet orphan
`,
    '/etc/pve/sdn/controllers.cfg': 'evpn: routes\n\tasn 65000\n\tpeers 10.0.0.1\n\nfaucet: fx\n\tfoo 1\n',
    '/etc/pve/sdn/ipams.cfg': 'netbox: nb\n\ttoken secret\n\turl http://nb\n\npve: pve\n\nfuture: z\n\turl x\n',
    '/etc/pve/sdn/dns.cfg': 'powerdns: pd\n\tkey secret\n\turl http://pd\n\tttl 60\n',
    '/etc/pve/sdn/fabrics.cfg':
      'wireguard_fabric: wg\n\tid wg\n\nopenfabric_fabric: core\n\tid core\n\tip_prefix 10.30.0.0/24\n',
  },
  notifications: {
    '/etc/pve/notifications.cfg': `sendmail: mail-to-root
	comment Send mails to root@pam's email address
	mailto-user root@pam
	origin modified-builtin

matcher: default-matcher
	comment Route all notifications to mail-to-root
	mode all
	target gone
	origin modified-builtin

gotify: phones
	server https://g.example.org

smtp: m1
	from-address pve@example.org
	mailto-user kim@corp
	server smtp.example.org
	username u
	mode starttls
	port 587

smtp: x
	from-address a
	server b

webhook: hook
	method post
	url https://h.example.org/{{ secrets.token }}
	header name=X-A,value=YmI=
	body eyJ4IjoxfQ==
	secret name=token

matcher: 9odd
	match-field exact:type=vzdump
	match-severity error,warning
	match-calendar mon..fri 8:00-17:00
	target phones,hook
	invert-match true

future: y
	z 1
`,
    '/etc/pve/priv/notifications.cfg': 'gotify: phones\n\ttoken x\n',
  },
  'objects whose only option no field can say': {
    '/etc/pve/user.cfg': 'group:ops::line%0Atwo%07:\npool:prod:line%0Atwo%07:::\n',
  },
  'ACME plugins': {
    '/etc/pve/priv/acme/default': '{}',
    '/etc/pve/priv/acme/plugins.cfg':
      'standalone: standalone\n\ndns: cf\n\tapi cf\n\tdata QQ==\n\tnodes pve\n\ndns: 2nd\n\tapi nonsense\n\tdata QQ==\n\nfuture: z\n\tapi x\n',
  },
};
