namespace ReplayVmm.Processor;

/// <summary>Accesses by guest-physical address: memory where frames are mapped, device answers or an EPT violation elsewhere.</summary>
// SAFETY: host pages come from PhysicalMemory.Find; callers keep accesses within one page.
internal static unsafe class PhysicalAccess
{
    private const ulong PageMask = ~0xFFFul, Line20 = 1 << 20;

    /// <summary>The address with address line 20 as the platform drives it.</summary>
    public static ulong Masked(Core* c, ulong address) => c->State.AddressLine20 == 0 ? address & ~Line20 : address;

    /// <summary>Loads an entry of a paging structure.</summary>
    public static bool ReadTable(Core* c, ulong address, ulong linear, int size, out ulong value)
    {
        address = Masked(c, address);
        byte* page = Interpreter.Of(c).Memory.Find(address, out MappingRights rights);
        if (page == null)
            return AskDevice(c, address, linear, DeviceAccess.Load, size, 0, rights, EptViolation.Load | EptViolation.LinearValid, out value);
        byte* host = page + (address & ~PageMask);
        value = size == 8 ? *(ulong*)host : *(uint*)host;
        return true;
    }

    /// <summary>Stores an entry of a paging structure: accessed and dirty flags.</summary>
    public static bool WriteTable(Core* c, ulong address, ulong linear, int size, ulong value)
    {
        address = Masked(c, address);
        PhysicalMemory memory = Interpreter.Of(c).Memory;
        byte* page = memory.Find(address, out MappingRights rights);
        if (page == null || (rights & MappingRights.Write) == 0)
            return AskDevice(c, address, linear, DeviceAccess.Store, size, value, rights, EptViolation.Store | EptViolation.LinearValid, out _);
        Store(memory, address, page + (address & ~PageMask), &value, size);
        return true;
    }

    /// <summary>Stores to a mapped page with everything that belongs to it: the page counts as written, code decoded from there ends.</summary>
    public static void Store(PhysicalMemory memory, ulong address, byte* host, void* source, int size)
    {
        memory.MarkWritten(address);
        Buffer.MemoryCopy(source, host, size, size);
        memory.Blocks.Written(host, size);
    }

    /// <summary>Loads bytes of one page.</summary>
    public static bool Read(Core* c, ulong address, ulong linear, byte* destination, int size)
    {
        byte* page = Interpreter.Of(c).Memory.Find(address, out MappingRights rights);
        if (page != null)
        {
            Buffer.MemoryCopy(page + (address & ~PageMask), destination, size, size);
            return true;
        }
        for (int done = 0; done < size; done += 8)
        {
            int part = Math.Min(8, size - done);
            ulong at = (uint)done;
            if (!AskDevice(c, address + at, linear + at, DeviceAccess.Load, part, 0, rights, EptViolation.Load | EptViolation.Translated, out ulong value))
                return false;
            Buffer.MemoryCopy(&value, destination + done, part, part);
        }
        return true;
    }

    /// <summary>Stores bytes of one page.</summary>
    public static bool Write(Core* c, ulong address, ulong linear, byte* source, int size)
    {
        PhysicalMemory memory = Interpreter.Of(c).Memory;
        byte* page = memory.Find(address, out MappingRights rights);
        if (page != null && (rights & MappingRights.Write) != 0)
        {
            Store(memory, address, page + (address & ~PageMask), source, size);
            return true;
        }
        for (int done = 0; done < size; done += 8)
        {
            int part = Math.Min(8, size - done);
            ulong value = 0, at = (uint)done;
            Buffer.MemoryCopy(source + done, &value, part, part);
            if (!AskDevice(c, address + at, linear + at, DeviceAccess.Store, part, value, rights, EptViolation.Store | EptViolation.Translated, out _))
                return false;
        }
        return true;
    }

    /// <summary>True where stores of the page go to a device or a read-only mapping.</summary>
    public static bool StoreExits(Core* c, ulong address)
    {
        byte* page = Interpreter.Of(c).Memory.Find(address, out MappingRights rights);
        return page == null || (rights & MappingRights.Write) == 0;
    }

    private static bool AskDevice(
        Core* c, ulong address, ulong linear, DeviceAccess kind, int size, ulong data, MappingRights rights, ulong qualification, out ulong answer)
    {
        VmExit exit = new()
        {
            Reason = ExitReason.EptViolation,
            IsPartial = true,
            AccessSize = (byte)size,
            Qualification = qualification | EptViolation.Rights(rights),
            GuestPhysicalAddress = address,
            GuestLinearAddress = linear,
            Data = data,
        };
        return Interpreter.Of(c).Ask(kind, address, size, exit, out answer);
    }
}
