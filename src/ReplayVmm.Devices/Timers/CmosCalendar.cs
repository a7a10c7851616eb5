namespace ReplayVmm.Devices;

/// <summary>
/// The calendar of an MC146818 on its raw register bytes: how seconds are added in the format that register B selects. Values that make
/// no sense (a 99th second, month 0) are taken as numbers and come out right after the first carry.
/// </summary>
internal static class CmosCalendar
{
    public const int Seconds = 0, SecondsAlarm = 1, Minutes = 2, MinutesAlarm = 3, Hours = 4, HoursAlarm = 5;
    public const int DayOfWeek = 6, Day = 7, Month = 8, Year = 9, Century = 0x32;
    public const int SecondsPerDay = 86_400;

    private const byte BinaryFormat = 0x04, TwentyFourHours = 0x02;
    private const byte Afternoon = 0x80;

    /// <summary>Seconds since midnight that the time registers show.</summary>
    public static int TimeOfDay(ref CmosBytes cmos, byte format) =>
        (((DecodeHours(cmos[Hours], format) * 60) + Decode(cmos[Minutes], format)) * 60) + Decode(cmos[Seconds], format);

    /// <summary>Adds <paramref name="seconds"/> to time, weekday and date.</summary>
    public static void Add(ref CmosBytes cmos, byte format, ulong seconds)
    {
        ulong total = (ulong)TimeOfDay(ref cmos, format) + (seconds % SecondsPerDay);
        ulong days = (seconds / SecondsPerDay) + (total / SecondsPerDay);
        SetTimeOfDay(ref cmos, format, (int)(total % SecondsPerDay));
        if (days == 0)
            return;
        int weekday = Math.Max(Decode(cmos[DayOfWeek], format), 1);
        cmos[DayOfWeek] = Encode((int)(((ulong)(weekday - 1) + days) % 7) + 1, format);
        int year = (Decode(cmos[Century], format) * 100) + Decode(cmos[Year], format);
        int month = Math.Clamp(Decode(cmos[Month], format), 1, 12);
        SetDate(ref cmos, format, DayNumber(year, month, Math.Max(Decode(cmos[Day], format), 1)) + (long)(days % DaysPerTenThousandYears));
    }

    /// <summary>Sets everything from seconds since 1970-01-01 00:00:00.</summary>
    public static void Set(ref CmosBytes cmos, byte format, ulong unixSeconds)
    {
        long days = (long)(unixSeconds / SecondsPerDay) + DayNumber(1970, 1, 1);
        SetTimeOfDay(ref cmos, format, (int)(unixSeconds % SecondsPerDay));
        cmos[DayOfWeek] = Encode((int)(((unixSeconds / SecondsPerDay) + 4) % 7) + 1, format);
        SetDate(ref cmos, format, days);
    }

    /// <summary>Whether the alarm registers match a second of the day; a register of C0h or above matches anything.</summary>
    public static bool AlarmMatches(ref CmosBytes cmos, byte format, int timeOfDay) =>
        (cmos[SecondsAlarm] >= 0xC0 || Decode(cmos[SecondsAlarm], format) == timeOfDay % 60)
        && (cmos[MinutesAlarm] >= 0xC0 || Decode(cmos[MinutesAlarm], format) == timeOfDay / 60 % 60)
        && (cmos[HoursAlarm] >= 0xC0 || DecodeHours(cmos[HoursAlarm], format) == timeOfDay / 3600);

    private const long DaysPerTenThousandYears = 3_652_425;

    private static void SetTimeOfDay(ref CmosBytes cmos, byte format, int timeOfDay)
    {
        cmos[Seconds] = Encode(timeOfDay % 60, format);
        cmos[Minutes] = Encode(timeOfDay / 60 % 60, format);
        cmos[Hours] = EncodeHours(timeOfDay / 3600, format);
    }

    private static void SetDate(ref CmosBytes cmos, byte format, long dayNumber)
    {
        // Years counted from March put the leap day last, so that a division finds year and month (proleptic Gregorian).
        long era = dayNumber / 146_097;
        long dayOfEra = dayNumber % 146_097;
        long yearOfEra = (dayOfEra - (dayOfEra / 1460) + (dayOfEra / 36_524) - (dayOfEra / 146_096)) / 365;
        long dayOfYear = dayOfEra - ((365 * yearOfEra) + (yearOfEra / 4) - (yearOfEra / 100));
        long shifted = ((5 * dayOfYear) + 2) / 153;
        int month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
        long year = (era * 400) + yearOfEra + (month <= 2 ? 1 : 0);
        cmos[Day] = Encode((int)(dayOfYear - (((153 * shifted) + 2) / 5) + 1), format);
        cmos[Month] = Encode(month, format);
        cmos[Year] = Encode((int)(year % 100), format);
        cmos[Century] = Encode((int)(year / 100 % 100), format);
    }

    /// <summary>Days since 1 March of year 0, plus one era so that every date a register can show is positive.</summary>
    private static long DayNumber(int year, int month, int day)
    {
        long fromMarch = year - (month <= 2 ? 1 : 0) + 400;
        long era = fromMarch / 400, yearOfEra = fromMarch % 400;
        long dayOfYear = (((153 * (month > 2 ? month - 3 : month + 9)) + 2) / 5) + day - 1;
        return ((era - 1) * 146_097) + (yearOfEra * 365) + (yearOfEra / 4) - (yearOfEra / 100) + dayOfYear;
    }

    private static int Decode(byte value, byte format) => (format & BinaryFormat) != 0 ? value : ((value >> 4) * 10) + (value & 15);

    private static byte Encode(int value, byte format) => (byte)((format & BinaryFormat) != 0 ? value : (value / 10 << 4) | (value % 10));

    private static int DecodeHours(byte value, byte format) => (format & TwentyFourHours) != 0
        ? Decode(value, format)
        : (Decode((byte)(value & ~Afternoon), format) % 12) + ((value & Afternoon) != 0 ? 12 : 0);

    private static byte EncodeHours(int hours, byte format)
    {
        if ((format & TwentyFourHours) != 0)
            return Encode(hours, format);
        byte twelve = Encode(hours % 12 == 0 ? 12 : hours % 12, format);
        return (byte)(twelve | (hours >= 12 ? Afternoon : 0));
    }
}
