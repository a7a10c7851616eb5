# Sourced by every init here; the shell is busybox, which brings all commands.
/bin/busybox --install -s /bin
mkdir -p /proc /sys /dev /tmp
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
exec </dev/console >/dev/console 2>&1
# In the order in which they need each other.
while read -r module; do
  [ -f "/lib/modules/$module.ko" ] && insmod "/lib/modules/$module.ko"
done </lib/modules/order
echo "init: Linux $(uname -r) on $(grep -c ^processor /proc/cpuinfo) processors"
