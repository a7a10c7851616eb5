# Sourced by eng/guests: Debian's Linux kernels and initial RAM disks for them.

linux_modules=(virtio_mmio virtio_blk virtio_console virtio-rng)

# fetch_kernel FLAVOUR META: the kernel that the Debian package META stands for, its modules for virtio, and vmlinux out of it.
fetch_kernel() {
  local flavour=$1 meta=$2 package
  if [[ ! -f $guests/modules-$flavour/order || ! -f $guests/vmlinuz-$flavour ]]; then
    command -v apt-cache >/dev/null || { say "$meta is missing, and there is no apt here to fetch it"; return 1; }
    package=$(versioned_kernel "$meta") || { apt_update; package=$(versioned_kernel "$meta"); } \
      || { say "$meta: the package lists here know no such kernel, and they could not be updated"; return 1; }
    local work; work=$(mktemp -d)
    unpack "$package" "$work" || { rm -rf "$work"; return 1; }
    cp "$work"/x/boot/vmlinuz-* "$guests/vmlinuz-$flavour"
    cp "$work"/x/boot/config-* "$guests/config-$flavour"
    collect_modules "$flavour" "$work"/x/lib/modules/* || { rm -rf "$work"; return 1; }
    [[ $(stat -c %s "$work"/x/boot/System.map-*) -gt 1000 ]] && cp "$work"/x/boot/System.map-* "$guests/System.map-$flavour"
    dpkg-deb -f "$work/$package"_*.deb Version > "$guests/$package.version"
    rm -rf "$work"
  fi
  [[ -f $guests/vmlinux-$flavour ]] || extract_vmlinux "$guests/vmlinuz-$flavour" "$guests/vmlinux-$flavour"
}

# versioned_kernel META: the package with the kernel itself, which META depends on.
versioned_kernel() {
  local package
  package=$(apt-cache depends --no-recommends --no-suggests "$1" 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[^ ]*\)$/\1/p' | head -1)
  [[ -n $package ]] && printf '%s\n' "$package"
}

# unpack PACKAGE DIRECTORY: downloads the package and unpacks it into DIRECTORY/x; nothing is installed.
unpack() {
  local package=$1 work=$2
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || { say "$package is missing, and there is no apt-get here to fetch it"; return 1; }
  chmod 755 "$work"
  say "fetching $package with apt-get download"
  (cd "$work" && apt-get download "$package" >download.log 2>&1) \
    || { apt_update; (cd "$work" && apt-get download "$package" >download.log 2>&1); } \
    || { say "$package could not be downloaded: $(tail -1 "$work/download.log")"; return 1; }
  dpkg-deb -x "$work/$package"_*.deb "$work/x"
}

# needs MODULE.ko: the names that the module itself says it depends on. The package has no modules.dep: depmod makes that on installation.
needs() { tr '\0' '\n' <"$1" | sed -n 's/^depends=//p' | head -1 | tr ',' '\n'; }

# collect_modules FLAVOUR TREE: copies the modules for virtio and what they need, and writes down the order to load them in.
collect_modules() {
  local flavour=$1 tree=$2 to=$guests/modules-$1 module
  rm -rf "$to"; mkdir -p "$to"
  : > "$to/order.new"
  for module in "${linux_modules[@]}"; do add_module "$module" "$tree" "$to" || return 1; done
  mv "$to/order.new" "$to/order"
}

add_module() {
  local name=$1 tree=$2 to=$3 file needed
  local pattern=${name//[-_]/[-_]}
  # What is built into the kernel needs no loading.
  grep -q "/$pattern\.ko$" "$tree/modules.builtin" && return 0
  file=$(find "$tree/kernel" -name "$pattern.ko" | head -1)
  [[ -n $file ]] || { say "the kernel package has no module $name"; return 1; }
  name=$(basename "$file" .ko)
  grep -qx -- "$name" "$to/order.new" && return 0
  for needed in $(needs "$file"); do add_module "$needed" "$tree" "$to" || return 1; done
  cp "$file" "$to/"
  printf '%s\n' "$name" >> "$to/order.new"
}

# number FILE OFFSET BYTES: a little-endian number in a file.
number() { od -An -t "u$3" -j "$2" -N "$3" --endian=little "$1" | tr -d ' '; }

# extract_vmlinux BZIMAGE FILE: the kernel's payload (boot protocol 2.08, payload_offset and payload_length), uncompressed.
extract_vmlinux() {
  local image=$1 to=$2 setup offset length tool
  setup=$(number "$image" $((0x1f1)) 1)
  [[ $setup -eq 0 ]] && setup=4
  offset=$(( (setup + 1) * 512 + $(number "$image" $((0x248)) 4) ))
  length=$(number "$image" $((0x24c)) 4)
  case $(od -An -t x1 -j "$offset" -N 4 "$image" | tr -d ' ') in
    fd377a58) tool='xz -dc' ;;
    28b52ffd) tool='zstd -dc' ;;
    1f8b08*) tool='gzip -dc' ;;
    02214c18) tool='lz4 -dc' ;;
    *) say "$(basename "$image"): its payload is compressed in a way that is not known here; there is no $(basename "$to")"; return 0 ;;
  esac
  command -v "${tool%% *}" >/dev/null || { say "$(basename "$image"): ${tool%% *} is not here to unpack it; there is no $(basename "$to")"; return 0; }
  # The last four bytes are the uncompressed length.
  head -c $((offset + length - 4)) "$image" | tail -c +$((offset + 1)) | $tool > "$to.new" || { rm -f "$to.new"; say "$(basename "$image") could not be unpacked"; return 0; }
  mv "$to.new" "$to"
}

# fetch_tools: busybox for the guests, cpio for the archives; both unpacked, neither installed.
fetch_tools() {
  local work
  if [[ ! -f $guests/busybox ]]; then
    work=$(mktemp -d)
    unpack busybox-static "$work" || { rm -rf "$work"; return 1; }
    dpkg-deb -f "$work"/busybox-static_*.deb Version > "$guests/busybox-static.version"
    cp "$work/x/bin/busybox" "$guests/busybox"
    rm -rf "$work"
  fi
  if command -v cpio >/dev/null; then
    cpio=cpio
  else
    if [[ ! -f $guests/cpio ]]; then
      work=$(mktemp -d)
      unpack cpio "$work" || { rm -rf "$work"; return 1; }
      cp "$work/x/bin/cpio" "$guests/cpio"
      rm -rf "$work"
    fi
    cpio=$guests/cpio
  fi
}

# build_initramfs NAME [FLAVOUR]: initrd-NAME[-FLAVOUR].img from tests/Guests/linux/NAME.init, with the kernel's modules where one is named. The
# same bytes each time: fixed times, owners, modes, order and inode numbers.
build_initramfs() {
  local name=$1 flavour=${2:-} to work
  to=$guests/initrd-$name${flavour:+-$flavour}.img
  work=$(mktemp -d)
  mkdir -p "$work/root/bin" "$work/root/lib/modules"
  cp "$guests/busybox" "$work/root/bin/busybox"
  cp "$root/tests/Guests/linux/$name.init" "$work/root/init"
  cp "$root/tests/Guests/linux/common.sh" "$work/root/common.sh"
  : > "$work/root/lib/modules/order"
  [[ -z $flavour ]] || cp "$guests/modules-$flavour"/* "$work/root/lib/modules/"
  find "$work/root" -type d -exec chmod 755 {} +
  find "$work/root" -type f -exec chmod 644 {} +
  chmod 755 "$work/root/init" "$work/root/bin/busybox"
  find "$work/root" -exec touch -h -d @1000000000 {} +
  (cd "$work/root" && find . -print0 | LC_ALL=C sort -z | "$cpio" --quiet --null -o -H newc --reproducible -R 0:0 > "$work/image")
  mv "$work/image" "$to"
  rm -rf "$work"
}

# make_system_map FLAVOUR: Debian's kernel package has no System.map but a stub that names the -dbg package (a gigabyte), so the kernel's own
# table is taken from a run of it under QEMU, where that is here.
make_system_map() {
  local flavour=$1 log
  [[ -f $guests/System.map-$flavour ]] && return 0
  command -v qemu-system-x86_64 >/dev/null \
    || { say "System.map-$flavour: the package has a stub only, and there is no qemu-system-x86_64 here to ask the kernel itself"; return 0; }
  say "asking the $flavour kernel for its symbols, under QEMU"
  log=$(mktemp)
  timeout 300 qemu-system-x86_64 -kernel "$guests/vmlinuz-$flavour" -initrd "$guests/initrd-symbols.img" -m 256 -display none -no-reboot \
    -append "console=ttyS0 panic=-1 nokaslr quiet" -serial "file:$log" -monitor none </dev/null >/dev/null 2>&1 || true
  tr -d '\r' <"$log" | sed -n '/^symbols begin$/,/^symbols end$/p' | grep -E '^[0-9a-f]{16} [A-Za-z] [^ ]+$' > "$guests/System.map-$flavour.new" || true
  if grep -q '^symbols end' <(tr -d '\r' <"$log") && [[ $(wc -l <"$guests/System.map-$flavour.new") -gt 10000 ]]; then
    LC_ALL=C sort "$guests/System.map-$flavour.new" > "$guests/System.map-$flavour"
  else
    say "System.map-$flavour: the kernel did not tell its symbols; the log is $log"
  fi
  rm -f "$guests/System.map-$flavour.new"
}

linux_guests() {
  local flavour name failed=0
  fetch_tools || failed=1
  fetch_kernel cloud linux-image-cloud-amd64 || failed=1
  fetch_kernel amd64 linux-image-amd64 || failed=1
  [[ -f $guests/busybox && -n ${cpio:-} ]] || return 1
  for name in work symbols; do build_initramfs "$name"; done
  for flavour in cloud amd64; do
    [[ -f $guests/modules-$flavour/order && -f $guests/vmlinuz-$flavour ]] || continue
    for name in shell disk; do build_initramfs "$name" "$flavour"; done
    make_system_map "$flavour"
  done
  return $failed
}
